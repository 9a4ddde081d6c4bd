// A place in the grid for the keyboard: arrows move it, Enter begins an appointment there, `a` an absence.
import { phrase } from "./calendar-phrases.js";

const STEP = 15;
const HOUR = 60;

export class Cursor {
  constructor(root, grid) {
    Object.assign(this, { root, grid, column: 0, day: 0, minute: 9 * HOUR });
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "cursor";
    root.prepend(this.button);
    this.button.addEventListener("keydown", (event) => this.#key(event));
    this.button.addEventListener("click", () => grid.begin(this.#chosen()));
    this.button.addEventListener("focus", () => this.place({ show: true }));
    root.addEventListener("scroll", () => this.place(), { capture: true, passive: true });
    addEventListener("resize", () => this.place());
    this.place();
  }

  #chosen() {
    const date = this.#date();
    const two = (number) => String(number).padStart(2, "0");
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const start = `${day}T${two(Math.floor(this.minute / HOUR))}:${two(this.minute % HOUR)}`;
    return { column: this.grid.columns()[this.column]?.id, start };
  }

  #date() {
    const date = new Date(`${this.grid.first()}T00:00`);
    date.setDate(date.getDate() + this.day);
    date.setHours(0, this.minute);
    return date;
  }

  #key(event) {
    const columns = this.grid.columns().length;
    const [low, high] = this.grid.hours();
    const here = this.day * columns + this.column;
    const moves = {
      ArrowUp: () => (this.minute -= event.shiftKey ? HOUR : STEP),
      ArrowDown: () => (this.minute += event.shiftKey ? HOUR : STEP),
      PageUp: () => (this.minute -= HOUR),
      PageDown: () => (this.minute += HOUR),
      Home: () => (this.minute = low * HOUR),
      End: () => (this.minute = high * HOUR - STEP),
      ArrowLeft: () => this.#goTo(here - 1, columns),
      ArrowRight: () => this.#goTo(here + 1, columns),
      a: () => this.grid.absent(this.#chosen()),
    };
    if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    moves[event.key]();
    this.place({ show: true });
  }

  #goTo(index, columns) {
    if (index < 0 || index >= columns * this.grid.days()) return;
    this.day = Math.floor(index / columns);
    this.column = index % columns;
  }

  // Puts the button over its place; `show` scrolls there and says it.
  place({ show = false } = {}) {
    const columns = this.grid.columns();
    const [low, high] = this.grid.hours();
    this.minute = Math.min(Math.max(this.minute, low * HOUR), high * HOUR - STEP);
    if (this.column >= columns.length) this.column = 0;
    if (this.day >= this.grid.days()) this.day = 0;
    const label = phrase("cursor", { when: this.grid.label(this.#date()), who: columns[this.column]?.title ?? "" });
    if (this.button.getAttribute("aria-label") !== label) this.button.setAttribute("aria-label", label);
    const cell = this.root.querySelectorAll(".ec-body .ec-day")[this.day * columns.length + this.column];
    if (!cell) return;
    const height = (cell.offsetHeight * STEP) / ((high - low) * HOUR);
    const top = (height * (this.minute - low * HOUR)) / STEP;
    if (show) this.#scroll(cell, top, height);
    const box = cell.getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    Object.assign(this.button.style, {
      left: `${box.left - frame.left}px`,
      top: `${box.top - frame.top + top}px`,
      width: `${box.width}px`,
      height: `${height * 2}px`,
    });
    if (show) document.querySelector("#calendar-said").textContent = label;
  }

  #scroll(cell, top, height) {
    const main = this.root.querySelector(".ec-main");
    const header = main.querySelector(".ec-header").offsetHeight;
    const side = main.querySelector(".ec-sidebar").offsetWidth;
    const box = cell.getBoundingClientRect();
    const frame = main.getBoundingClientRect();
    const y = box.top + top - frame.top;
    const x = box.left - frame.left;
    if (y < header + height) main.scrollTop += y - header - height;
    else if (y + 3 * height > frame.height) main.scrollTop += y + 3 * height - frame.height;
    if (x < side) main.scrollLeft += x - side;
    else if (x + box.width > frame.width) main.scrollLeft += x + box.width - frame.width;
  }
}
