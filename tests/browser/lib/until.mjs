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

// Ms that a browser may take to do one thing, on a machine with other things to do.
export const PATIENCE = 120000;

// Does it until it does not fail, that many times at most: where what else the machine does may have spoilt it.
export async function again(what, times = 3) {
  for (let i = 1; i < times; i++) {
    try {
      return await what();
    } catch (error) {
      console.error(`once more: ${error.message}`);
    }
  }
  return what();
}
