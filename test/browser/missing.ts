/** Reports the browser tests as skipped if no browser is found. */
import { it } from "vitest"

it.skip("runs in a browser: none is found; install Chromium (`apt-get install chromium`) or set CHROMIUM to its path", () => {})
