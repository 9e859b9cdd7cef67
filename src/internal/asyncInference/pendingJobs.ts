/** The jobs without a result, by the locations and IDs that identify them. */
import type { CompletionStatus, Job } from "../../AsyncInference.ts"

/** A job that waits for its result. */
export interface PendingJob {
  readonly job: Job
  /** Since when the job is waited for, on the monotonic clock, in milliseconds. */
  readonly since: number
  /** When the job times out, on the monotonic clock, in milliseconds. */
  readonly deadline: number
  /** Whether the store is polled for the job even though notifications report results. */
  isPolled: boolean
  /** How often the store was asked for this job alone. */
  checks: number
}

/** Where a job's output or failure can appear. */
export interface AwaitedObject {
  readonly pending: PendingJob
  readonly location: string
}

const add = (index: Map<string, Set<PendingJob>>, key: string, pending: PendingJob): void => {
  const jobs = index.get(key) ?? new Set()
  index.set(key, jobs.add(pending))
}

const remove = (index: Map<string, Set<PendingJob>>, key: string, pending: PendingJob): void => {
  const jobs = index.get(key)
  jobs?.delete(pending)
  if (jobs?.size === 0) {
    index.delete(key)
  }
}

/** Whether a notification can be about a job. Requests to several endpoints can have the same ID. */
export const isOfEndpoint = ({ endpoint }: CompletionStatus, job: Job): boolean =>
  endpoint === undefined || endpoint === job.endpoint

/** A set of jobs. The same job can be in it several times, as several pending jobs. */
export class PendingJobs {
  readonly #all = new Set<PendingJob>()
  readonly #byOutput = new Map<string, Set<PendingJob>>()
  readonly #byId = new Map<string, Set<PendingJob>>()

  get size(): number {
    return this.#all.size
  }

  get all(): ReadonlyArray<PendingJob> {
    return [...this.#all]
  }

  /** The earliest deadline, or `Infinity`. */
  get nextDeadline(): number {
    let earliest = Infinity
    for (const { deadline } of this.#all) {
      earliest = Math.min(earliest, deadline)
    }
    return earliest
  }

  add(pending: PendingJob): void {
    this.#all.add(pending)
    add(this.#byOutput, pending.job.outputLocation, pending)
    add(this.#byId, pending.job.inferenceId, pending)
  }

  /** Removes a job. False if it is no longer pending. */
  remove(pending: PendingJob): boolean {
    remove(this.#byOutput, pending.job.outputLocation, pending)
    remove(this.#byId, pending.job.inferenceId, pending)
    return this.#all.delete(pending)
  }

  /** The jobs that a notification can be about: by location if it has one, else by ID and endpoint. */
  matching(completion: CompletionStatus): ReadonlyArray<PendingJob> {
    const { inferenceId, outputLocation } = completion
    const jobs = outputLocation === undefined ? undefined : this.#byOutput.get(outputLocation)
    return [...jobs ?? this.#byId.get(inferenceId) ?? []].filter(({ job }) => isOfEndpoint(completion, job))
  }
}
