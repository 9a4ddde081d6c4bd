// The booking pages work without any script; this makes them quicker and a little kinder.
import "htmx.org";

// A reservation that runs out is counted down plainly.
function countDown(line) {
  const left = line.querySelector("[data-left]");
  const until = performance.now() + line.dataset.seconds * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.round((until - performance.now()) / 1000));
    if (seconds === 0) {
      line.dataset.over = "";
      line.setAttribute("role", "alert");
      left.textContent = left.dataset.over;
      return;
    }
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    left.textContent = left.dataset.left.replace("{time}", time);
    setTimeout(tick, 1000);
  };
  tick();
}

// The zone of the times is named only where the reader's own differs.
function nameZone(line) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const hour = (timeZone) => new Date().toLocaleString("en", { timeZone });
  if (hour(own) !== hour(line.dataset.zone)) line.hidden = false;
}

document.querySelectorAll("[data-seconds]").forEach(countDown);
document.querySelectorAll("[data-zone]").forEach(nameZone);
document.querySelector("#errors")?.focus();
document.querySelector("form[data-at-once]")?.requestSubmit();

// After a choice on a small screen the times of the day come into view.
document.addEventListener("htmx:after:swap", () => {
  const day = document.getElementById("day");
  const far = day && day.getBoundingClientRect().top > innerHeight - 160;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (far) day.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "center" });
});

// Where a part of the page cannot be had, the whole page says why.
for (const failure of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(failure, (event) => {
    const link = event.target.closest?.("a[href]");
    if (link) location.assign(link.href);
  });
}

// In a frame on another site: tell that site how high the page is (no secret).
if (parent !== window && "framed" in document.documentElement.dataset) {
  const tell = () => parent.postMessage({ vorzimmer: document.body.offsetHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}
