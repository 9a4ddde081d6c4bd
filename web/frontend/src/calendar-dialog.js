// The one dialog of the calendar. The server writes what stands in it; Escape leaves everything as it was.
import { element, mark } from "./calendar-phrases.js";

function headed(text) {
  const title = element("h2", "", text);
  title.id = "dialog-title";
  return title;
}

export class Dialog {
  constructor(box, { done, left }) {
    Object.assign(this, { box, done, left, newest: 0, finished: false });
    box.addEventListener("close", () => (this.finished ? this.done() : this.left()));
    box.addEventListener("click", (event) => this.#click(event));
    box.addEventListener("submit", (event) => this.#submit(event));
    box.addEventListener("change", (event) => event.target.matches("select[data-previews]") && this.#preview(event.target.form));
    box.addEventListener("focusout", ({ target }) => {
      if (target.matches("input[data-previews]") && target.value !== target.defaultValue) this.#preview(target.form);
    });
  }

  async open(address) {
    const mine = ++this.newest;
    const answer = await fetch(address, { redirect: "manual" });
    if (!answer.ok) return location.reload();
    const text = await answer.text();
    if (mine === this.newest) this.#fill(text);
  }

  // Who is in a group: each leads to the appointment.
  members(record, look) {
    this.newest++;
    const list = record.members.map((member) => {
      const button = element("button", "plain", mark(member.status), element("bdi", "", member.name));
      button.type = "button";
      button.addEventListener("click", () => look(member.uid));
      return element("li", "", button);
    });
    const title = `${record.start.slice(11, 16)} ${record.service}`;
    this.#show(headed(title), element("p", "", record.title), element("ul", "members", ...list));
  }

  // A title, and what can be done.
  choose(title, choices) {
    this.newest++;
    const buttons = choices.map(([label, act], index) => {
      const button = element("button", index ? "secondary outline" : "", label);
      button.type = "button";
      button.addEventListener("click", act);
      return button;
    });
    this.#show(headed(title), element("div", "acts", ...buttons));
  }

  #fill(text) {
    const parsed = new DOMParser().parseFromString(text, "text/html");
    this.#show(...parsed.body.childNodes);
  }

  #show(...nodes) {
    this.finished = false;
    this.box.replaceChildren(...nodes);
    if (!this.box.open) this.box.showModal();
  }

  #click(event) {
    const shift = event.target.closest("[data-shift]");
    if (shift && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.open(shift.dataset.shift);
    } else if (event.target.closest("[data-close]") || event.target === this.box) {
      this.box.close();
    }
  }

  async #preview(form) {
    const fields = new FormData(form);
    fields.delete("override");
    fields.set("preview", "1");
    await this.#send(form.action, fields);
  }

  #submit(event) {
    const form = event.target;
    if (!form.querySelector("[data-previews]")) return; // another page takes it
    event.preventDefault();
    this.#send(form.action, new FormData(form, event.submitter), true);
  }

  async #send(address, fields, final = false) {
    const mine = ++this.newest;
    this.box.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: fields, redirect: "manual" });
    } catch {
      answer = null;
    }
    this.box.removeAttribute("aria-busy");
    if (!answer) return; // what was typed stays; the page says that the server does not answer
    const text = await answer.text();
    if (final && answer.ok) return this.#finish(text);
    if (mine !== this.newest) return;
    if (answer.ok || answer.status === 409 || answer.status === 422) this.#refill(text);
    else if ([400, 401, 403].includes(answer.status)) this.#sendWhole();
    else location.reload();
  }

  // Signed out meanwhile, or the page is too old: the page of the same move keeps what is typed, and does nothing yet.
  #sendWhole() {
    const form = this.box.querySelector("form[data-whole]");
    form.append(Object.assign(element("input"), { type: "hidden", name: "slot", value: "other" }));
    form.action = form.dataset.whole;
    form.submit();
  }

  // The answer takes the place of the form; what was typed meanwhile and the focus stay.
  #refill(text) {
    const focused = document.activeElement?.id;
    const typed = Object.fromEntries([...this.box.querySelectorAll("textarea, [name=reason]")].map((one) => [one.id, one.value]));
    this.#fill(text);
    for (const [id, value] of Object.entries(typed)) {
      const field = document.getElementById(id);
      if (field && value) field.value = value;
    }
    (document.getElementById(focused) ?? this.box.querySelector("button")).focus();
  }

  #finish(text) {
    const parsed = new DOMParser().parseFromString(text, "text/html");
    document.querySelector(".toasts").replaceChildren(...parsed.body.childNodes);
    this.finished = true;
    this.box.close();
  }
}
