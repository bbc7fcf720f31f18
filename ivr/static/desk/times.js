// Moments in the agent's own time zone, and what counts: waiting since, seconds left. Deadlines themselves are the
// server's; the numbers here only show them.

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

  setInterval(draw, 1000);
  document.body.addEventListener("htmx:afterSettle", draw);
  draw();
}
