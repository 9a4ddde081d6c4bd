// A calendar of somebody else by tsdav: listed, read, and closed to writing.
import { createDAVClient } from "tsdav";

const [url, username, password, path] = process.argv.slice(2);
const client = await createDAVClient({
  serverUrl: url,
  credentials: { username, password },
  authMethod: "Basic",
  defaultAccountType: "caldav",
});
const calendar = (await client.fetchCalendars()).find((each) => each.url.endsWith(path));
const objects = await client.fetchCalendarObjects({ calendar });
const made = await client.createCalendarObject({
  calendar,
  filename: "new.ics",
  iCalString: objects[0].data,
});
const deleted = await client.deleteCalendarObject({ calendarObject: objects[0] });
console.log(
  JSON.stringify({
    name: calendar.displayName,
    objects: objects.length,
    made: made.status,
    deleted: deleted.status,
  }),
);
