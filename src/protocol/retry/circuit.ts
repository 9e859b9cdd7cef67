/** The state of a circuit. Each state change starts an epoch. Results of attempts from earlier epochs are ignored. */
export type Circuit = Closed | Open | HalfOpen

/** Attempts are admitted and counted. */
interface Closed {
  readonly _tag: "Closed"
  readonly epoch: number
  readonly samples: ReadonlyArray<Sample>
}

/** No attempt is admitted before `until`. */
interface Open {
  readonly _tag: "Open"
  readonly epoch: number
  readonly until: number
}

/** One attempt at a time is admitted: the probe. Its result closes or opens the circuit. */
interface HalfOpen {
  readonly _tag: "HalfOpen"
  readonly epoch: number
  /** When the latest probe was admitted; `undefined` if no probe runs. */
  readonly probedAt: number | undefined
}

/** An admitted attempt: the epoch and the time of its admission. */
export interface Admission {
  readonly epoch: number
  readonly at: number
}

interface Sample {
  readonly since: number
  readonly attempts: number
  readonly failures: number
}

/** When a circuit opens, and for how long. Times are in milliseconds. */
export interface Rules {
  readonly failureRatio: number
  readonly minimumThroughput: number
  readonly samplingMillis: number
  readonly breakMillis: number
}

/** The result of an attempt. `none` does not count, because it does not depend on the service. */
export type Outcome = "success" | "failure" | "none"

/** A sample covers a tenth of the sampling window, so that the window moves in small steps. */
const samplesPerWindow = 10

/** The circuit before the first attempt. */
export const initial: Closed = { _tag: "Closed", epoch: 0, samples: [] }

/**
 * Admits an attempt in the current epoch, or returns the time until the next one can be admitted.
 *
 * A probe that has no result after `breakMillis` does not block the next one. The first result of any probe counts.
 */
export const admit = (
  { breakMillis }: Rules,
  circuit: Circuit,
  now: number
): { readonly circuit: Circuit; readonly passes: true } | { readonly passes: false; readonly waitMillis: number } => {
  if (circuit._tag === "Closed") {
    return { circuit, passes: true }
  }
  if (circuit._tag === "HalfOpen") {
    return circuit.probedAt !== undefined && now - circuit.probedAt < breakMillis
      ? { passes: false, waitMillis: 0 }
      : { circuit: { ...circuit, probedAt: now }, passes: true }
  }
  return now < circuit.until
    ? { passes: false, waitMillis: circuit.until - now }
    : { circuit: { _tag: "HalfOpen", epoch: circuit.epoch + 1, probedAt: now }, passes: true }
}

const recentSamples = (samples: ReadonlyArray<Sample>, { samplingMillis }: Rules, now: number): ReadonlyArray<Sample> =>
  samples.filter(({ since }) => now - since < samplingMillis)

const addSample = (
  rules: Rules,
  samples: ReadonlyArray<Sample>,
  failed: boolean,
  now: number
): ReadonlyArray<Sample> => {
  const kept = recentSamples(samples, rules, now)
  const last = kept.at(-1)
  const failures = failed ? 1 : 0
  return last !== undefined && now - last.since < rules.samplingMillis / samplesPerWindow
    ? [...kept.slice(0, -1), { ...last, attempts: last.attempts + 1, failures: last.failures + failures }]
    : [...kept, { since: now, attempts: 1, failures }]
}

const open = ({ epoch }: Circuit, { breakMillis }: Rules, now: number): Open => ({
  _tag: "Open",
  epoch: epoch + 1,
  until: now + breakMillis
})

const isOverThreshold = (samples: ReadonlyArray<Sample>, { failureRatio, minimumThroughput }: Rules): boolean => {
  const attempts = samples.reduce((sum, sample) => sum + sample.attempts, 0)
  const failures = samples.reduce((sum, sample) => sum + sample.failures, 0)
  return attempts >= minimumThroughput && failures >= failureRatio * attempts
}

const recordProbe = (
  rules: Rules,
  circuit: HalfOpen,
  admittedAt: number,
  outcome: Outcome,
  now: number
): Circuit => {
  if (outcome === "none") {
    return circuit.probedAt === admittedAt ? { ...circuit, probedAt: undefined } : circuit
  }
  return outcome === "failure" ? open(circuit, rules, now) : { ...initial, epoch: circuit.epoch + 1 }
}

/** The circuit after the result of an admitted attempt. */
export const record = (
  rules: Rules,
  circuit: Circuit,
  { at, epoch }: Admission,
  outcome: Outcome,
  now: number
): Circuit => {
  if (circuit.epoch !== epoch) {
    return circuit
  }
  if (circuit._tag === "HalfOpen") {
    return recordProbe(rules, circuit, at, outcome, now)
  }
  if (circuit._tag === "Open" || outcome === "none") {
    return circuit
  }
  const samples = addSample(rules, circuit.samples, outcome === "failure", now)
  return outcome === "failure" && isOverThreshold(samples, rules)
    ? open(circuit, rules, now)
    : { ...circuit, samples }
}

/** Whether a circuit is closed and has no recent samples. */
export const isIdle = (rules: Rules, circuit: Circuit, now: number): boolean =>
  circuit._tag === "Closed" && recentSamples(circuit.samples, rules, now).length === 0
