/** Looks for the results of many jobs with few requests: lists the folders of their results. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ObjectStoreService } from "../../ObjectStore.ts"
import type { ObjectStoreError } from "../../SageMakerError.ts"
import type { AwaitedObject, PendingJob } from "./pendingJobs.ts"

/** How many folders are listed at the same time. */
const listConcurrency = 4

/** How many objects are checked at the same time. */
const headConcurrency = 8

/** How many objects are checked one by one in a poll, besides those of jobs whose deadline has passed. */
const maxChecksPerPoll = 100

/** A page of a list. */
const pageLength = 1_000

/** The objects that are awaited in a folder, by location. */
type Folder = Map<string, Array<PendingJob>>

const folderOf = (location: string): string => location.slice(0, location.lastIndexOf("/") + 1)

const awaitedObjects = (pending: PendingJob): ReadonlyArray<AwaitedObject> =>
  [pending.job.outputLocation, pending.job.failureLocation].flatMap((location) =>
    location === undefined ? [] : [{ pending, location }]
  )

const groupByFolder = (jobs: ReadonlyArray<PendingJob>): ReadonlyMap<string, Folder> => {
  const folders = new Map<string, Folder>()
  for (const { location, pending } of jobs.flatMap(awaitedObjects)) {
    const folder = folders.get(folderOf(location)) ?? new Map<string, Array<PendingJob>>()
    folders.set(folderOf(location), folder)
    folder.set(location, [...folder.get(location) ?? [], pending])
  }
  return folders
}

const objectsOf = (folder: Folder): ReadonlyArray<AwaitedObject> =>
  [...folder].flatMap(([location, jobs]) => jobs.map((pending) => ({ location, pending })))

/** How many objects a list may have: a quarter of the requests of checking the objects one by one. */
const maxListed = (folder: Folder): number => pageLength * Math.max(1, Math.floor(folder.size / 4))

/** Polls a store for many jobs. */
export class SharedPolling {
  readonly #store: ObjectStoreService
  /** Folders with more objects than this were not listed to the end. */
  readonly #tooLong = new Map<string, number>()

  constructor(store: ObjectStoreService) {
    this.#store = store
  }

  /** Calls `onFound` for each job whose output or failure is in the store. */
  poll(
    jobs: ReadonlyArray<PendingJob>,
    now: number,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<void, ObjectStoreError> {
    const folders = [...groupByFolder(jobs)]
    const [checked, listed] = Arr.partition(folders, ([prefix, folder]) => this.#isListed(prefix, folder))
    return Effect.zipRight(
      Effect.forEach(listed, ([prefix, folder]) => this.#list(prefix, folder, onFound), {
        concurrency: listConcurrency,
        discard: true
      }),
      this.#check(checked.flatMap(([, folder]) => objectsOf(folder)), now, onFound)
    )
  }

  #isListed(prefix: string, folder: Folder): boolean {
    return folder.size > 1 && maxListed(folder) > (this.#tooLong.get(prefix) ?? 0)
  }

  #list(
    prefix: string,
    folder: Folder,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<void, ObjectStoreError> {
    const limit = maxListed(folder)
    let listed = 0
    let found = 0
    return this.#store.list(prefix).pipe(
      Stream.takeWhile(({ location }) => {
        const jobs = folder.get(location)
        listed += 1
        found += jobs === undefined ? 0 : 1
        jobs?.forEach(onFound)
        return found < folder.size && listed < limit
      }),
      Stream.runDrain,
      Effect.map(() => {
        if (listed >= limit) {
          this.#tooLong.set(prefix, limit)
        }
      })
    )
  }

  #check(
    objects: ReadonlyArray<AwaitedObject>,
    now: number,
    onFound: (pending: PendingJob) => void
  ): Effect.Effect<void, ObjectStoreError> {
    const [others, due] = Arr.partition(objects, ({ pending }) => pending.deadline <= now)
    const next = others.toSorted((first, second) => first.pending.checks - second.pending.checks)
    return Effect.forEach(
      [...due, ...next.slice(0, maxChecksPerPoll)],
      ({ location, pending }) => {
        pending.checks += 1
        return this.#store.head(location).pipe(
          Effect.map(() => onFound(pending)),
          Effect.catchIf(({ reason }) => reason === "not-found", () => Effect.void)
        )
      },
      { concurrency: headConcurrency, discard: true }
    )
  }
}
