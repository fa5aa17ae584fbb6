// Polls until look() gives something true, and gives that. When the time is
// over the error says what was waited for, what was seen last and what else is to be told of the state then.
export async function until(what, look, { timeout = 60000, every = 200, also = async () => '' } = {}) {
  const end = Date.now() + timeout;
  let seen;
  do {
    seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, every));
  } while (Date.now() < end);
  throw new Error(`not within ${timeout} ms: ${what}${seen === undefined ? '' : ` (${JSON.stringify(seen)})`}${await also().catch((error) => `, ${error.message}`)}`);
}
