/** A circuit breaker's state; a change of its kind begins an epoch, and what began in an earlier one counts no more. */
export type Circuit = Closed | Open | HalfOpen

/** Attempts pass and are counted. */
interface Closed {
  readonly _tag: "Closed"
  readonly epoch: number
  readonly samples: ReadonlyArray<Sample>
}

/** Nothing passes before `until`. */
interface Open {
  readonly _tag: "Open"
  readonly epoch: number
  readonly until: number
}

/** One attempt at a time passes, and decides. */
interface HalfOpen {
  readonly _tag: "HalfOpen"
  readonly epoch: number
  readonly isProbing: boolean
}

interface Sample {
  readonly since: number
  readonly attempts: number
  readonly failures: number
}

/** When a circuit opens, and for how long; times are milliseconds. */
export interface Rules {
  readonly failureRatio: number
  readonly minimumThroughput: number
  readonly samplingMillis: number
  readonly breakMillis: number
}

/** How an attempt ended: `none` says nothing of the service. */
export type Verdict = "success" | "failure" | "none"

/** Samples of a tenth of the window, so that the window moves in small steps. */
const samplesPerWindow = 10

export const initial: Closed = { _tag: "Closed", epoch: 0, samples: [] }

/** Lets an attempt pass, in the epoch it begins in, or says how long nothing will. */
export const admit = (
  circuit: Circuit,
  now: number
): { readonly circuit: Circuit; readonly passes: true } | { readonly passes: false; readonly waitMillis: number } => {
  if (circuit._tag === "Closed") {
    return { circuit, passes: true }
  }
  if (circuit._tag === "HalfOpen") {
    return circuit.isProbing
      ? { passes: false, waitMillis: 0 }
      : { circuit: { ...circuit, isProbing: true }, passes: true }
  }
  return now < circuit.until
    ? { passes: false, waitMillis: circuit.until - now }
    : { circuit: { _tag: "HalfOpen", epoch: circuit.epoch + 1, isProbing: true }, passes: true }
}

const recent = (samples: ReadonlyArray<Sample>, { samplingMillis }: Rules, now: number): ReadonlyArray<Sample> =>
  samples.filter(({ since }) => now - since < samplingMillis)

const count = (rules: Rules, samples: ReadonlyArray<Sample>, failed: boolean, now: number): ReadonlyArray<Sample> => {
  const kept = recent(samples, rules, now)
  const last = kept.at(-1)
  const failures = failed ? 1 : 0
  return last !== undefined && now - last.since < rules.samplingMillis / samplesPerWindow
    ? [...kept.slice(0, -1), { ...last, attempts: last.attempts + 1, failures: last.failures + failures }]
    : [...kept, { since: now, attempts: 1, failures }]
}

const opened = ({ epoch }: Circuit, { breakMillis }: Rules, now: number): Open => ({
  _tag: "Open",
  epoch: epoch + 1,
  until: now + breakMillis
})

const isTooMuch = (samples: ReadonlyArray<Sample>, { failureRatio, minimumThroughput }: Rules): boolean => {
  const attempts = samples.reduce((sum, sample) => sum + sample.attempts, 0)
  const failures = samples.reduce((sum, sample) => sum + sample.failures, 0)
  return attempts >= minimumThroughput && failures >= failureRatio * attempts
}

/** The circuit after an attempt that began in `epoch`. */
export const record = (rules: Rules, circuit: Circuit, epoch: number, verdict: Verdict, now: number): Circuit => {
  if (circuit.epoch !== epoch) {
    return circuit
  }
  if (circuit._tag === "HalfOpen") {
    return verdict === "none"
      ? { ...circuit, isProbing: false }
      : verdict === "failure"
      ? opened(circuit, rules, now)
      : { ...initial, epoch: epoch + 1 }
  }
  if (circuit._tag === "Open" || verdict === "none") {
    return circuit
  }
  const samples = count(rules, circuit.samples, verdict === "failure", now)
  return verdict === "failure" && isTooMuch(samples, rules)
    ? opened(circuit, rules, now)
    : { ...circuit, samples }
}

/** Whether a circuit remembers nothing that counts. */
export const isAtRest = (rules: Rules, circuit: Circuit, now: number): boolean =>
  circuit._tag === "Closed" && recent(circuit.samples, rules, now).length === 0
