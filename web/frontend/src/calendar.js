// The calendar of the office: draws the feed, asks every few seconds whether it changed, and lets people move,
// look and begin. Whatever it does ends at a page or a form that works without it.
import { createCalendar, Interaction, ResourceTimeGrid } from "@event-calendar/core";
import { classesOf, contentOf, shortName } from "./calendar-event.js";
import { Cursor } from "./calendar-cursor.js";
import { Dialog } from "./calendar-dialog.js";
import { phrase } from "./calendar-phrases.js";

const ASK_EVERY = 4_000;
const QUARTER = 15;
const TARGET = 24; // pixels that a finger or a shaky hand needs (WCAG 2.5.8)
// Pixels of a quarter of an hour at the least: twenty minutes can be hit, and half an hour by touch.
const SLOT = matchMedia("(pointer: coarse)").matches ? 22 : 18;
const WEEKENDS = [[], [0], [6, 0]]; // weekdays that are not shown, by their number
const NARROW = matchMedia("(width < 40rem)");
const root = document.querySelector("#calendar");
const byId = (id) => document.getElementById(id);
const spoken = document.documentElement.lang;
const language = spoken === "en" ? "en-GB" : spoken; // as the server writes English: the day first, 24 hours

const state = {
  first: root.dataset.first,
  days: Number(root.dataset.days),
  shown: Number(root.dataset.days), // without an empty weekend
  service: byId("service").value,
  tag: "",
  feed: null,
  pending: null, // a move that was drawn but not done: {id, start, end, column}
  touched: false,
  dragging: false,
};

// ---- what is shown ----

const boxes = [...document.querySelectorAll('.columns-menu input[name="column"]')];
const remembered = () => `vorzimmer-columns-${NARROW.matches ? "one" : state.days > 1 ? "week" : "day"}`;

function chosenColumns() {
  const known = boxes.map((box) => box.value);
  let kept = [];
  try {
    kept = JSON.parse(localStorage.getItem(remembered()) || "[]").filter((slug) => known.includes(slug));
  } catch {
    // private windows have no storage
  }
  if (kept.length) return NARROW.matches ? kept.slice(0, 1) : kept;
  const own = boxes.find((box) => "own" in box.dataset);
  if (NARROW.matches) return [own?.value ?? known[0]].filter(Boolean);
  return state.days > 1 ? boxes.filter((box) => box.dataset.kind === "staff").map((box) => box.value) : known;
}

function showChosen() {
  const chosen = chosenColumns();
  for (const box of boxes) box.checked = chosen.includes(box.value);
  const told = byId("columns-shown");
  if (!told) return;
  const only = boxes.find((box) => box.checked);
  told.textContent =
    chosen.length === 1 ? only.parentElement.textContent.trim() : phrase("columns", { shown: chosen.length, all: boxes.length });
}

for (const box of boxes) {
  box.addEventListener("change", () => {
    if (NARROW.matches) for (const other of boxes) other.checked = other === box;
    const chosen = boxes.filter((one) => one.checked).map((one) => one.value);
    localStorage.setItem(remembered(), JSON.stringify(chosen));
    if (NARROW.matches) box.closest("details").open = false;
    draw();
  });
}

const WEEKEND = "vorzimmer-weekend";
const weekend = byId("weekend");
if (weekend) {
  try {
    weekend.checked = localStorage.getItem(WEEKEND) === "shown";
  } catch {
    // private windows have no storage
  }
  weekend.addEventListener("change", () => {
    localStorage.setItem(WEEKEND, weekend.checked ? "shown" : "");
    draw();
  });
}

// ---- the widget ----

const clock = (date) => date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "numeric" });
const shortDay = (date) => `${date.toLocaleDateString(language, { weekday: "short" }).replace(/\.$/, "")} ${date.getDate()}`;
const wall = (date) => {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
};

const widget = createCalendar(root, [ResourceTimeGrid, Interaction], {
  view: "resourceTimeGridDay",
  date: state.first,
  locale: language,
  firstDay: 1,
  headerToolbar: { start: "", center: "", end: "" },
  height: "100%",
  allDaySlot: false,
  datesAboveResources: true,
  nowIndicator: true,
  slotDuration: "00:15",
  slotLabelInterval: "01:00",
  slotHeight: SLOT,
  slotEventOverlap: false,
  snapDuration: "00:05",
  slotLabelFormat: clock,
  dayHeaderFormat: (date) => (NARROW.matches && state.days > 1 ? shortDay(date) : weekday.format(date)),
  eventStartEditable: true,
  eventDurationEditable: false,
  eventLongPressDelay: 400,
  longPressDelay: 600,
  resources: [],
  events: [],
  resourceLabelContent: ({ resource }) => shortName(resource.title, state.feed.columns.map((column) => column.title)),
  eventClassNames: ({ event }) => classesOf(event.extendedProps),
  eventContent: ({ event }) => contentOf(event, columnName),
  eventClick: ({ event }) => opened(event.extendedProps),
  eventDragStart: () => (state.dragging = true),
  eventDragStop: () => (state.dragging = false),
  eventDrop: dropped,
  dateClick: ({ date, resource }) => begin({ column: resource.id, start: wall(date) }),
  selectable: Boolean(root.dataset.absence),
  select: ({ start, end, resource }) => chosen({ column: resource.id, start: wall(start), end: wall(end) }),
});

const columnOf = (slug) => state.feed?.columns.find((column) => column.id === slug);
const columnName = (slug) => columnOf(slug)?.title ?? "";

function asEvent(record) {
  const moved = state.pending?.id === record.id ? state.pending : null;
  const shown = moved ? { ...record, ...moved, waiting: true } : record;
  return {
    id: shown.id,
    resourceIds: [shown.column],
    start: shown.start,
    end: shown.end,
    title: shown.title,
    editable: Boolean(shown.movable),
    styles: shown.color ? [`--service:${shown.color}`] : [],
    extendedProps: shown,
  };
}

function asGround(record) {
  const id = `${record.kind}-${record.column}-${record.start}`;
  return { ...asEvent({ ...record, id }), display: "background" };
}

// A free time is a chip as long as the way to the next one, so that chips never lie over each other.
const chipLength = (records) => {
  const starts = [...new Set(records.map((one) => new Date(one.start).getTime()))].sort((a, b) => a - b);
  const gaps = starts.slice(1).map((start, index) => (start - starts[index]) / 60_000);
  return Math.max(10, Math.min(30, ...gaps));
};

function asFree(records) {
  const length = chipLength(records);
  return records.map((record) => {
    const end = wall(new Date(new Date(record.start).getTime() + length * 60_000));
    return asEvent({ ...record, kind: "free", id: `free-${record.column}-${record.start}`, end });
  });
}

function draw() {
  const { feed } = state;
  if (!feed || state.dragging) return;
  showChosen();
  if (weekend) weekend.parentElement.hidden = state.days === 1;
  const chosen = new Set(boxes.length ? chosenColumns() : feed.columns.map((column) => column.id));
  const columns = feed.columns.filter((column) => chosen.has(column.id));
  const here = (record) => chosen.has(record.column);
  state.shown = daysShown(here);
  const view = state.days > 1 ? "resourceTimeGridWeek" : "resourceTimeGridDay";
  const two = (hour) => `${String(hour).padStart(2, "0")}:00`;
  const [low, high] = feed.hours;
  root.style.setProperty("--hours", high - low);
  root.dataset.days = state.days;
  root.dataset.narrow = state.days > 1 && columns.length > 1 ? "columns" : "";
  const wanted = {
    timeZone: `${feed.offset.slice(0, 3)}:${feed.offset.slice(3)}`,
    view,
    columnWidth: state.days > 1 ? (columns.length > 1 ? "minmax(3.6rem, 1fr)" : "minmax(2.6rem, 1fr)") : "minmax(8rem, 1fr)",
    slotHeight: slotHeight(high - low),
    slotMinTime: two(low),
    slotMaxTime: two(high),
    scrollTime: two(Math.max(low, Math.min(new Date().getHours() - 1, 9))),
    date: state.first,
    hiddenDays: WEEKENDS[state.days - state.shown],
  };
  for (const [name, value] of Object.entries(wanted)) set(name, value);
  const resources = columns.map(({ id, title }) => ({ id, title }));
  if (JSON.stringify(resources) !== drawn.resources) {
    drawn.resources = JSON.stringify(resources);
    widget.setOption("resources", resources);
  }
  const focused = document.activeElement?.closest(".ec-event")?.querySelector("[data-uid]")?.dataset;
  widget.setOption("events", [
    ...feed.grounds.filter(here).map(asGround),
    ...asFree(feed.free.filter(here)),
    ...feed.events.filter(here).map(asEvent),
  ]);
  requestAnimationFrame(() => {
    if (focused && document.activeElement === document.body) focusOn(focused);
    cursor.place();
    letScroll(root.querySelector(".ec-main"));
  });
}

// A weekend on which nobody works and nothing stands takes no room from the days that have something.
function daysShown(here) {
  const { feed } = state;
  if (weekend?.checked) return state.days;
  const records = [...feed.grounds.filter((ground) => ground.kind === "open"), ...feed.events, ...feed.free].filter(here);
  const day = (number) => wall(new Date(new Date(`${state.first}T12:00`).getTime() + number * 86_400_000)).slice(0, 10);
  const used = (date) => date === feed.today || records.some(({ start, end }) => start < `${date}T24` && end > `${date}T00:00`);
  let shown = state.days;
  while (shown > 5 && !used(day(shown - 1))) shown -= 1;
  return shown;
}

// The day fills the screen where there is room, and scrolls where there is not.
function slotHeight(hours) {
  const least = state.feed.free.length ? Math.max(SLOT, Math.ceil((TARGET * QUARTER) / chipLength(state.feed.free))) : SLOT;
  const room = root.clientHeight - (root.querySelector(".ec-header")?.offsetHeight ?? 64);
  return Math.max(least, Math.floor(room / (hours * 4)));
}

// A day with nothing in it to tab to is scrolled by keys once the pane itself can be reached.
function letScroll(pane) {
  const empty = pane.scrollHeight > pane.clientHeight && !pane.querySelector("[tabindex='0'], a, button");
  const wanted = { tabindex: "0", role: "group", "aria-label": document.querySelector("h1").textContent.trim() };
  for (const [name, value] of Object.entries(wanted)) {
    if (empty) pane.setAttribute(name, value);
    else pane.removeAttribute(name);
  }
}

const drawn = {};
function set(name, value) {
  if (drawn[name] === value) return; // the widget would scroll back and draw everything anew
  drawn[name] = value;
  widget.setOption(name, value);
}

function focusOn({ id, uid }) {
  const still = root.querySelector(`[data-id="${CSS.escape(id)}"]`) ?? (uid && root.querySelector(`[data-uid="${CSS.escape(uid)}"]`));
  still?.closest(".ec-event")?.focus({ preventScroll: true });
}

// ---- the feed ----

let asking = null;
let timer = 0;

async function ask({ anew = false } = {}) {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  const last = new Date(`${state.first}T12:00`);
  last.setDate(last.getDate() + state.days - 1);
  const address = new URL(root.dataset.feed, location);
  address.search = new URLSearchParams({ from: state.first, to: wall(last).slice(0, 10), ...(state.service && { service: state.service }) });
  if (!state.touched && !anew) address.searchParams.set("unattended", "1");
  state.touched = false;
  try {
    const headers = state.tag && !anew ? { "If-None-Match": state.tag } : {};
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(20_000)]);
    const answer = await fetch(address, { headers, redirect: "manual", signal });
    if (answer.status === 200) {
      state.feed = await answer.json();
      state.tag = answer.headers.get("ETag");
      head();
      draw();
    }
    const ended = answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;
    const there = answer.status === 200 || answer.status === 304;
    const who = state.feed?.lacking;
    trouble(ended ? "signed-out" : !there ? "offline" : who ? "lacking" : "", { who });
  } catch {
    if (mine.signal.aborted) return;
    trouble("offline");
  }
  root.removeAttribute("aria-busy");
  if (!document.hidden) timer = setTimeout(ask, ASK_EVERY);
}

function trouble(name, facts = {}) {
  const told = byId("calendar-trouble");
  told.hidden = !name;
  if (name) told.textContent = phrase(name, facts);
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => (state.touched = true), true);

// ---- going to other days ----

function head() {
  const { heading } = state.feed;
  byId("days").textContent = heading.title;
  byId("before").href = heading.before;
  byId("after").href = heading.after;
  byId("today").href = state.days > 1 ? "?view=week" : "?view=day";
  for (const link of document.querySelectorAll("[data-view]")) {
    link.href = heading[link.dataset.view];
    if (link.dataset.view === (state.days > 1 ? "week" : "day")) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.title = document.title.replace(/^.*?(?= – [^–]*$)/, heading.title);
}

function goTo(address, { push = true } = {}) {
  const asked = new URL(address, location);
  const week = asked.searchParams.get("view") === "week";
  const day = asked.searchParams.get("day") ?? state.feed?.today ?? root.dataset.first;
  const first = new Date(`${day}T12:00`);
  if (week) first.setDate(first.getDate() - ((first.getDay() + 6) % 7));
  Object.assign(state, { first: wall(first).slice(0, 10), days: week ? 7 : 1, pending: null });
  if (push) {
    if (state.service) asked.searchParams.set("service", state.service);
    history.pushState(null, "", asked);
  }
  root.setAttribute("aria-busy", "true");
  ask({ anew: true });
}

document.querySelector(".calendar-head").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || link.dataset.view === "list" || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  goTo(link.href);
});
addEventListener("popstate", () => goTo(location.href, { push: false }));
byId("service").addEventListener("change", (event) => {
  state.service = event.target.value;
  const address = new URL(location);
  if (state.service) address.searchParams.set("service", state.service);
  else address.searchParams.delete("service");
  history.replaceState(null, "", address);
  ask({ anew: true });
});
NARROW.addEventListener("change", draw);
addEventListener("resize", draw);

// ---- what people do ----

const dialog = new Dialog(byId("calendar-dialog"), {
  done: () => finish(),
  left: () => finish(),
});

function finish() {
  state.pending = null;
  widget.unselect();
  draw();
  ask();
}

function begin({ column, start }) {
  const query = new URLSearchParams({ day: start.slice(0, 10), time: start.slice(11, 16) });
  if (columnOf(column)?.kind === "staff") query.set("staff", column);
  if (state.service) query.set("service", state.service);
  location.assign(`${root.dataset.new}?${query}`);
}

function absent({ column, start, end = "" }) {
  if (!root.dataset.absence) return;
  const [first, last] = [start, end || start].map((edge) => edge.slice(0, 10));
  const query = new URLSearchParams({ resource: column, first, last, from: start.slice(11, 16), to: end.slice(11, 16) });
  location.assign(`${root.dataset.absence}?${query}`);
}

// A stretch of time that was drawn is an appointment or an absence.
function chosen(stretch) {
  const title = `${weekday.format(new Date(stretch.start))} ${stretch.start.slice(11)}–${stretch.end.slice(11)}, ${columnName(stretch.column)}`;
  dialog.choose(title, [
    [phrase("new"), () => begin(stretch)],
    [phrase("absent"), () => absent(stretch)],
  ]);
}

const at = (template, uid) => template.replace("UID", uid);

function opened(record) {
  if (record.kind === "free") begin(record);
  if (record.kind === "group") dialog.members(record, (uid) => dialog.open(at(root.dataset.look, uid)));
  if (record.kind === "booking") dialog.open(at(root.dataset.look, record.uid));
  if (record.entry) dialog.open(root.dataset.entry.replace(/0$/, record.entry));
}

function propose(record, { start, column }) {
  const begins = new Date(new Date(start).getTime() - record.lead * 60_000);
  const text = wall(begins);
  const query = new URLSearchParams({ date: text.slice(0, 10), time: text.slice(11, 16), sequence: record.sequence });
  if (columnOf(column)?.kind === "staff") query.set("staff", column);
  dialog.open(`${at(root.dataset.shift, record.uid)}?${query}`);
}

// A hand is not exact: the service's own steps are what is meant. The dialog takes any time.
function onGrid(record, { start, end }) {
  const step = Math.min(record.step, 30) * 60_000;
  const middle = new Date(start).setHours(12, 0, 0, 0);
  const shift = Math.round((start - middle) / step) * step + middle - start;
  return [start, end].map((edge) => wall(new Date(edge.getTime() + shift)));
}

function dropped({ event, oldEvent }) {
  const record = state.feed.events.find((one) => one.id === oldEvent.id);
  const column = columnOf(event.resourceIds[0]);
  const from = columnOf(record.column);
  // only people are chosen: a room or device goes where it was, at the new time
  const to = column.id !== from.id && (column.kind !== "staff" || from.kind !== "staff") ? from : column;
  if (to !== column) byId("calendar-said").textContent = phrase("rooms");
  const [start, end] = onGrid(record, event);
  state.pending = { id: record.id, start, end, column: to.id };
  draw();
  propose(record, state.pending);
}

// `m` moves the appointment in focus
root.addEventListener("keydown", (event) => {
  if (event.key !== "m" || event.ctrlKey || event.altKey || event.metaKey) return;
  const id = event.target.closest(".ec-event")?.querySelector("[data-id]")?.dataset.id;
  const record = state.feed?.events.find((one) => one.id === id);
  if (!record?.movable) return;
  event.preventDefault();
  propose(record, record);
});

const cursor = new Cursor(root, {
  days: () => state.shown,
  first: () => state.first,
  columns: () => JSON.parse(drawn.resources ?? "[]"),
  hours: () => state.feed?.hours ?? [8, 18],
  label: (date) => `${weekday.format(date)} ${clock(date)}`,
  begin,
  absent,
});

showChosen();
ask({ anew: true });
