// Words of the page's language, which the server wrote into it.
const phrases = document.querySelector("#phrases").content;
const marks = document.querySelector("#marks").content;

export function phrase(name, facts = {}) {
  const text = phrases.querySelector(`[data-phrase="${name}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, key) => facts[key]);
}

// The sign of a status with its word, which is read aloud but not seen.
export function mark(name) {
  const found = marks.querySelector(`[data-mark="${name}"]`);
  const sign = document.createElement("span");
  sign.className = "mark";
  sign.dataset.mark = name;
  sign.title = found.textContent.trim();
  sign.append(found.querySelector("svg").cloneNode(true), hidden(found.textContent.trim()));
  return sign;
}

export function hidden(text) {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = text;
  return span;
}

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
