// A calendar app on tsdav: url, address, password, uid of a booking; prints what it saw as JSON.
import { createDAVClient } from "tsdav";

const [serverUrl, username, password, uid] = process.argv.slice(2);
const client = await createDAVClient({
  serverUrl,
  credentials: { username, password },
  authMethod: "Basic",
  defaultAccountType: "caldav",
});
const calendars = await client.fetchCalendars();
const bookings = calendars[0];
const objects = await client.fetchCalendarObjects({ calendar: bookings });
const booking = objects.find((object) => object.url.endsWith(`${uid}.ics`));
const before = { ...bookings, objects, objectMultiGet: client.calendarMultiGet };

const data = booking.data.replaceAll("T100000", "T140000").replaceAll("T103000", "T143000");
const moved = await client.updateCalendarObject({ calendarObject: { ...booking, data } });
const event = [
  "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tsdav//EN", "BEGIN:VEVENT", "UID:tsdav-1",
  "DTSTAMP:20270101T000000Z", "DTSTART:20270303T090000Z", "DTEND:20270303T093000Z", "SUMMARY:Own",
  "END:VEVENT", "END:VCALENDAR", "",
].join("\r\n");
const made = await client.createCalendarObject({ calendar: bookings, filename: "tsdav-1.ics", iCalString: event });

const changes = await client.smartCollectionSync({
  collection: before,
  method: "webdav",
  detailedResult: true,
});
const own = changes.objects.created.find((object) => object.url.endsWith("tsdav-1.ics"));
const deleted = await client.deleteCalendarObject({ calendarObject: own });

console.log(
  JSON.stringify({
    calendars: calendars.map((calendar) => calendar.url),
    summary: /SUMMARY:(.*)/.exec(booking.data)[1],
    moved: moved.status,
    made: made.status,
    synced: Object.fromEntries(Object.entries(changes.objects).map(([kind, list]) => [kind, list.length])),
    deleted: deleted.status,
  }),
);
