// What stands in the boxes of the calendar. Text is set as text: a name never becomes markup.
import { element, hidden, mark, phrase } from "./calendar-phrases.js";

const LINES = 30 * 60_000; // what is shorter has room for one line

const time = (wall) => wall.slice(11, 16);

export function classesOf(record) {
  const classes = [`is-${record.kind}`];
  if (record.status) classes.push(`has-${record.status}`);
  const length = new Date(record.end) - new Date(record.start);
  if (length < LINES) classes.push("is-short");
  if (length > LINES) classes.push("is-long");
  if (record.waiting) classes.push("is-waiting");
  if (record.twice) classes.push("is-twice");
  if (record.clash) classes.push("is-clash");
  return classes;
}

const contents = {
  open: (record) => (record.title ? [element("small", "place", record.title)] : []),
  shut: (record) => [element("small", "", record.title)],
  free: (record, who) => [
    hidden(phrase("free", { time: time(record.start), who: who(record.column) })),
    aloud(element("span", "clock", time(record.start))),
  ],
  held: (record) => [
    element("span", "line", mark("held"), element("span", "clock", time(record.start)), " ", phrase("until", { time: record.until })),
    element("small", "", record.title),
  ],
  block: (record) => [
    element(
      "span",
      "line",
      ...warned(record),
      mark("block"),
      clock(record),
      element("strong", "", record.title),
      ...(record.entry ? [mark("remark")] : []),
    ),
  ],
  group: (record, who) => [
    element("span", "line", ...warned(record), mark(record.status), clock(record), element("strong", "", record.service)),
    element("small", "", record.title),
    hidden(who(record.column)),
  ],
  booking: (record, who) => [
    element(
      "span",
      "line",
      ...warned(record),
      mark(record.status),
      clock(record),
      element("strong", "", element("bdi", "", record.title)),
      ...(record.pin ? [mark("pin")] : []),
      ...(record.twice ? [mark("twice")] : []),
    ),
    element("small", "", record.service),
    hidden(who(record.column)),
  ],
};

const warned = (record) => (record.clash ? [mark("clash")] : []);

// The end is read aloud; the height shows it.
const clock = (record) => element("span", "clock", time(record.start), hidden(` – ${time(record.end)}`));

function aloud(shown) {
  shown.setAttribute("aria-hidden", "true");
  return shown;
}

export function contentOf(event, who) {
  const record = event.extendedProps;
  const box = element("div", "box", ...(contents[record.kind]?.(record, who) ?? []));
  box.dataset.id = record.id;
  if (record.uid) box.dataset.uid = record.uid;
  if (record.kind === "booking") box.title = `${time(record.start)}–${time(record.end)} ${record.title}\n${record.service}, ${record.place}`;
  return { domNodes: [box] };
}

// "Anna", or "Anna B." where there are two, in narrow columns; the whole name where there is room, and for ears.
export function shortName(name, all) {
  const words = name.split(/\s+/);
  const alone = all.filter((other) => other.split(/\s+/)[0] === words[0]).length < 2;
  const short = alone ? words[0] : /^\d+$/.test(words.at(-1)) ? name : `${words[0]} ${[...words.at(-1)][0]}.`;
  const whole = element("bdi", "whole", name);
  const brief = element("bdi", "brief", short);
  brief.setAttribute("aria-hidden", "true");
  const box = element("span", "column-name", whole, brief);
  box.title = name;
  return { domNodes: [box] };
}
