// Firefox books and looks through the office, told what to do as a person would be.
// Usage: node story.mjs FIREFOX ADDRESS DAY PASSWORD PAGE…; asks for the code on stdout, reads it from stdin.
import puppeteer from "puppeteer-core";
import { createInterface } from "node:readline/promises";

const [, , executablePath, address, day, password, ...pages] = process.argv;
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  extraPrefsFirefox: { "intl.accept_languages": "de" },
});
const page = await browser.newPage();
const wrong = [];
page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error.message}`));
page.setDefaultTimeout(60_000);

const press = (text) => page.locator(`::-p-xpath(//*[self::button or self::a][contains(normalize-space(), "${text}")])`).click();
const choose = (text) => page.locator(`::-p-xpath(//label[contains(normalize-space(), "${text}")])`).click();
const fill = (label, text) =>
  page.locator(`::-p-xpath(//input[@id=//label[starts-with(normalize-space(), "${label}")]/@for])`).fill(text);
const heading = (text) => page.locator(`::-p-xpath(//h1[contains(normalize-space(), "${text}")])`).wait();

async function ask(question) {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question}\n`);
  lines.close();
  return answer;
}

try {
  await page.setViewport({ width: 360, height: 740 });
  await page.goto(address);
  await press("Klassische Massage");
  await choose("Anna Berger");
  await press("Weiter zu den Zeiten");
  await heading("Wann passt es Ihnen?");
  await page.goto(`${address}/book/massage?staff=anna&location=markt&day=${day}`);
  await page.locator('::-p-xpath((//button[@name="time"])[last()])').click();
  await fill("Name", "Olga Öz");
  await fill("E-Mail", "olga@kunde.example");
  await press("Code anfordern");
  await fill("Code", await ask("code?"));
  await press("Zahlungspflichtig buchen");
  await heading("Ihr Termin ist gebucht");

  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(`${address}/office/login`);
  await fill("E-Mail", "owner@praxis.example");
  await fill("Passwort", password);
  await press("Anmelden");
  await heading("Heute");
  const titles = [];
  for (const path of pages) {
    const answer = await page.goto(`${address}${path}`);
    if (answer.status() !== 200) wrong.push(`${path}: ${answer.status()}`);
    titles.push(await page.title());
    if (path.includes("calendar?")) await page.locator(`::-p-xpath(//*[@role="button" or self::button][contains(., "Olga")])`).wait();
  }
  console.log(JSON.stringify({ titles, wrong }));
} finally {
  await browser.close();
}
