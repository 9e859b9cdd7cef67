/** Reports the browser tests as skipped if no browser is found. */
import { it } from "vitest"

it.skip("Browser tests (skipped: no browser found; install Chromium or set CHROMIUM to its path)", () => {})
