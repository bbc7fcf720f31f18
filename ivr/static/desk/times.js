// Moments in the agent's own time zone, and what counts: waiting since, seconds left. Deadlines themselves are the
// server's; the numbers here only show them.

// As a field for a date and a time wants it: 2026-11-24T18:30 by this machine's clock.
function local(at) {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export function watchTimes(language) {
  const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const dayAndClock = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

  const lapse = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  function draw() {
    const now = Date.now();
    for (const field of document.querySelectorAll("input[data-moment]:not([data-filled])")) {
      field.dataset.filled = "yes";
      if (field.dataset.moment && !field.value) field.value = local(new Date(field.dataset.moment));
    }
    for (const shown of document.querySelectorAll("time[datetime]")) {
      const at = new Date(shown.dateTime);
      if (!shown.title) shown.title = full.format(at);
      let text;
      if (shown.dataset.form === "ago") text = lapse((now - at) / 1000);
      else if (shown.dataset.form === "day" && at.toDateString() !== new Date(now).toDateString()) text = dayAndClock.format(at);
      else text = clock.format(at);
      if (shown.textContent !== text) shown.textContent = text;
    }
    for (const countdown of document.querySelectorAll(".countdown[data-seconds]")) {
      // From when the panel came, so that a wrong clock on this machine doesn't matter.
      countdown.until ??= now + Number(countdown.dataset.seconds) * 1000;
      const left = Math.max(0, Math.ceil((countdown.until - now) / 1000));
      const text = countdown.dataset.form === "minutes" ? lapse(left) : String(left);
      const number = countdown.querySelector("strong");
      if (number.textContent !== text) number.textContent = text;
      countdown.classList.toggle("soon", left <= 5 || (countdown.dataset.form === "minutes" && left <= 20));
    }
  }

  // A moment chosen in the agent's zone goes to the server with its offset.
  document.body.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.elt.closest?.("form");
    for (const field of form?.querySelectorAll("input[data-moment]") || []) {
      if (!(field.name in event.detail.parameters)) continue;
      event.detail.parameters[field.name] = field.value ? new Date(field.value).toISOString() : "";
    }
  });

  setInterval(draw, 1000);
  document.body.addEventListener("htmx:afterSettle", draw);
  draw();
}
