// The office works without any script. Scripts add keys, and show times without loading the page anew.
import "htmx.org";
import "./office-call.js";

const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

// An element with data-key="n" is what the key n does: a link is followed, a field gets the focus, a popover opens.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("[popover]")) wanted.togglePopover();
  else if (wanted.matches("input")) wanted.focus();
  else wanted.click();
});

// A field with data-shows presses the button "Show times" of its form when it changes.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.dataset.picks) field.form.querySelector(`input[value="${field.dataset.picks}"]`).checked = true;
  if (field.dataset.shows) field.form.requestSubmit(field.form.querySelector('button[name="show"]'));
});

// Escape leaves a field, so that the keys work again.
document.addEventListener("keyup", (event) => {
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
});

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copies);
    button.dataset.copied = "";
  });
}

document.querySelector(".office-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Another language takes along what was typed in a form: its button is that form's then.
const speaks = document.querySelector("form[data-keeps]");
for (const button of speaks?.querySelectorAll("button[form]") ?? []) {
  if (button.name !== "speak") button.remove();
  for (const attribute of ["form", "formaction", "formnovalidate"]) button.removeAttribute(attribute);
  button.name = "language"; // the form in which something was typed is known here
}
const sendsForm = (form) => form?.method === "post" && form.closest("main, dialog");
let changed = speaks?.dataset.answered === undefined ? null : document.querySelector("main form[method=post]");
document.addEventListener("input", ({ target }) => {
  if (sendsForm(target.form)) changed = target.form;
});
speaks?.addEventListener("submit", (event) => {
  if (!changed?.isConnected) return;
  event.preventDefault();
  const more = { speak: event.submitter.value, form_action: new URL(changed.action).pathname };
  for (const [name, value] of Object.entries(more)) {
    changed.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  for (const field of changed.querySelectorAll("[type=file], [type=password]")) field.disabled = true;
  changed.action = speaks.dataset.keeps;
  changed.submit();
});

// A file that is too large is said at once, and not sent.
const checkFile = (field) => {
  const large = [...field.files].some((file) => file.size > Number(field.dataset.largest));
  field.setCustomValidity(large ? field.dataset.tooLarge : "");
  return field.reportValidity();
};
for (const field of document.querySelectorAll("input[data-largest]")) {
  field.addEventListener("change", () => checkFile(field));
  field.form.addEventListener("submit", (event) => field.files.length && !checkFile(field) && event.preventDefault());
}

const problem = document.querySelector("#errors");
if (problem) problem.focus();
