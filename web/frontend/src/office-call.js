// A booking while the telephone rings (keyboard alone): the page works without this in steps, and this takes the
// steps within the page. Enter goes on to the next open question, figures choose a time, Enter there books.
const form = document.querySelector("form[data-call]");
const PARTS = { show: ["whom", "when"], pick: ["who", "what", "when"], forget: ["who", "what", "when"] };
const part = (id) => form.querySelector(`#${id}`);
const field = (name) => form.elements.namedItem(name);
const chosenSlot = () => form.querySelector('input[name="slot"]:checked');
const times = () => [...form.querySelectorAll("input[data-digit]")];

// ---- steps ----

let latest = 0;
let arriving = Promise.resolve();

// Ask for the page as a button of the form would, and take over the parts that the step changes.
function step(name, value) {
  const number = ++latest;
  const typed = new FormData(form);
  typed.set(name, value);
  form.setAttribute("aria-busy", "true");
  arriving = fetch(form.action, { method: "POST", body: typed })
    .then(async (answer) => {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("form[data-call]");
      if (!answer.ok || !fresh) return sendWhole(name, value); // signed out meanwhile: the login keeps what is typed
      if (number === latest) take(fresh, PARTS[name]);
    })
    .finally(() => form.removeAttribute("aria-busy"));
  return arriving;
}

function sendWhole(name, value) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.submit();
}

function take(fresh, ids) {
  const here = document.activeElement.id;
  const slot = chosenSlot()?.value;
  for (const id of ids) {
    const [old, next] = [part(id), fresh.querySelector(`#${id}`)];
    if (old && next) old.replaceWith(document.adoptNode(next));
  }
  // a time chosen while the answer was on its way stays chosen
  const again = slot && !chosenSlot() && form.querySelector(`input[name="slot"][value="${CSS.escape(slot)}"]`);
  if (again) again.checked = true;
  if (here && !document.activeElement.id) part(here)?.focus();
  listen();
}

// The next question that has no answer; else the times, the first of them chosen where none is.
function goOn() {
  const service = part("service");
  if (!service.value) return service.focus();
  const next = chosenSlot() ?? times()[0] ?? part("staff") ?? service;
  if (next.name === "slot") next.checked = true;
  next.focus();
}

const enter = () => form.querySelector("[data-enters]")?.click();

// ---- finding the customer ----

let asked = null;
let answered = Promise.resolve();
const input = () => form.querySelector("[data-asks]");
const list = () => part("hits");
const options = () => [...list().children];
const active = () => list().querySelector('[aria-selected="true"]');

function ask() {
  asked?.abort();
  const words = input().value.trim();
  if (!words) return close();
  asked = new AbortController();
  answered = fetch(`${input().dataset.asks}?q=${encodeURIComponent(words)}`, { signal: asked.signal })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then(open)
    .catch(() => {});
}

function open(text) {
  const found = new DOMParser().parseFromString(text, "text/html").querySelector("ul");
  if (!found || document.activeElement !== input()) return;
  list().replaceChildren(...found.children);
  list().hidden = false;
  input().setAttribute("aria-expanded", "true");
  part("hits-said").textContent = found.dataset.said;
  select(options()[0]);
}

function close() {
  asked?.abort();
  list().hidden = true;
  list().replaceChildren();
  input().setAttribute("aria-expanded", "false");
  input().removeAttribute("aria-activedescendant");
}

function select(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (!option) return;
  input().setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

async function choose(option) {
  close();
  if (!option?.dataset.pick) return welcome();
  await step("pick", option.dataset.pick);
  goOn();
}

// Whoever types a name and goes on by Tab or mouse means a new customer.
function reveal(search) {
  const newcomer = form.querySelector(".newcomer");
  if (newcomer && search.value.trim() && document.activeElement !== search) newcomer.dataset.open = "";
}

// A new customer: what was typed may have been the number or the address.
function welcome() {
  const typed = input().value.trim();
  const target = typed.includes("@") ? "email" : /^[\d\s()/+.-]+$/.test(typed) ? "phone" : null;
  form.querySelector(".newcomer").dataset.open = "";
  if (target) {
    field(target).value = typed;
    input().value = "";
    input().focus();
  } else if (!field("phone").value) field("phone").focus();
  else goOn();
}

const KEYS = {
  ArrowDown: () => select(options()[(options().indexOf(active()) + 1) % options().length]),
  ArrowUp: () => select(options().at(options().indexOf(active()) - 1)),
  Enter: async () => {
    await answered;
    choose(list().hidden ? null : active());
  },
  Escape: close,
};

function searching(event) {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || !KEYS[event.key]) return;
  if (list().hidden && event.key !== "Enter") {
    if (event.key === "ArrowDown") ask();
    return;
  }
  if (event.key === "Enter" && !input().value.trim()) {
    event.preventDefault();
    return goOn();
  }
  event.preventDefault();
  if (event.key === "Escape") input().dataset.escaped = "";
  KEYS[event.key]();
}

function listen() {
  const search = input();
  if (!search) return;
  search.addEventListener("input", ask);
  search.addEventListener("keydown", searching);
  search.addEventListener("keyup", (event) => {
    if (event.key !== "Escape" || !("escaped" in search.dataset)) return;
    event.stopPropagation(); // the first Escape closes the list, the second leaves the field
    delete search.dataset.escaped;
  });
  search.addEventListener("blur", () => {
    close();
    setTimeout(() => reveal(search), 250); // nothing moves below the finger that is pressing
  });
  list().addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose(event.target.closest("[role=option]"));
  });
}

// ---- keys ----

const typing = (element) => element.matches("select, textarea, input:not([type=radio])");

function digit(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  const time = form.querySelector(`input[data-digit="${CSS.escape(event.key)}"]`);
  if (!time) return;
  time.checked = true;
  time.focus();
}

function answer(event) {
  if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
  const here = event.target;
  if (!here.matches("input, select")) return;
  event.preventDefault();
  const warning = here.closest(".notice");
  if (warning) warning.querySelector("button").click();
  else if (here.closest("#when")) enter();
  else arriving.then(goOn);
}

// What is typed while the page after the key n is still on its way waits for it.
const AHEAD = "typed-ahead";
let ahead = null;
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest('a[data-key="n"]')) return;
  ahead = "";
  setTimeout(() => (ahead = null), 2000);
});
document.addEventListener(
  "keydown",
  (event) => {
    if (ahead === null || event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sessionStorage.setItem(AHEAD, (ahead += event.key));
  },
  true,
);

// Whoever is quicker than this script has chosen before it listened.
const changedMeanwhile = (select) => select.selectedOptions[0] !== (select.querySelector("[selected]") ?? select.options[0]);

if (form) {
  listen();
  form.querySelector("[autofocus]")?.focus();
  const typed = sessionStorage.getItem(AHEAD);
  if (typed && input()) {
    input().value = typed + input().value;
    ask();
  }
  sessionStorage.removeItem(AHEAD);
  if (!input() && !document.querySelector("#errors")) goOn();
  form.addEventListener("keydown", answer);
  form.addEventListener("change", (event) => {
    if (!event.target.dataset.shows) return;
    event.stopPropagation();
    step("show", "1");
  });
  if ([...form.querySelectorAll("select[data-shows]")].some(changedMeanwhile)) step("show", "1");
  document.addEventListener("keydown", digit);
  form.addEventListener("submit", (event) => {
    const name = event.submitter?.name;
    if (!(name in PARTS)) return;
    event.preventDefault();
    step(name, event.submitter.value).then(() => name !== "show" && (input() ?? part("service")).focus());
  });
}
