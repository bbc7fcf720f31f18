// What the studio asks the server: JSON out, JSON in.

const token = document.querySelector("meta[name=csrf-token]").content;

/** The answer to a POST, or `{refused}` with what the server said in words (`{conflict}` at 409); `{away: true}` when
 * there is none. */
export async function ask(path, body, signal) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", body: JSON.stringify(body), signal,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { away: true };
  }
  if (answer.status === 413) return { refused: { why: "too_large" } };
  if (answer.status === 401 || answer.status === 403 || answer.status >= 500) return { away: true };
  if (!(answer.headers.get("Content-Type") || "").startsWith("application/json")) return { away: true };
  const said = await answer.json();
  if (answer.status === 409) return { conflict: said };
  return answer.ok ? said : { refused: said };
}

let sounding = null;

/** Speak words; what still sounds stops. Gives `{refused}` or `{away}` like `ask`. */
export async function sayAloud(text, language) {
  sounding?.pause();
  let answer;
  try {
    answer = await fetch("/studio/say", {
      method: "POST", body: JSON.stringify({ text, language }),
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    });
  } catch {
    return { away: true };
  }
  if (answer.status === 422) return { refused: await answer.json() };
  if (!answer.ok) return { away: true };
  sounding = new Audio(URL.createObjectURL(await answer.blob()));
  sounding.addEventListener("ended", () => URL.revokeObjectURL(sounding.src));
  await sounding.play();
  return {};
}
