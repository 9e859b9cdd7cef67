/** Leaves a line: its place, or the room it has come to. */
export type Leave = () => void

/**
 * Lets so many be at it at once; the others wait here, first come first served, where one that leaves just leaves.
 *
 * In undici's own queue it would stay, and use up a connection in its turn.
 */
class RequestQueue {
  #room: number
  readonly #waiting = new Set<() => void>()

  constructor(room: number) {
    this.#room = room
  }

  /** Begins at once where there is room, else when there is. */
  join(begin: () => void): Leave {
    let isHere = true
    const enter = () => {
      this.#waiting.delete(enter)
      this.#room -= 1
      begin()
    }
    if (this.#room > 0) {
      enter()
    } else {
      this.#waiting.add(enter)
    }
    return () => {
      if (isHere && !this.#waiting.delete(enter)) {
        this.#room += 1
        const [next] = this.#waiting
        next?.()
      }
      isHere = false
    }
  }
}

/** A line for each origin, or none where there is no limit. */
export const requestQueues = (perOrigin: number | undefined): (origin: string, begin: () => void) => Leave => {
  if (perOrigin === undefined) {
    return (_, begin) => {
      begin()
      return () => {}
    }
  }
  const lines = new Map<string, RequestQueue>()
  return (origin, begin) => {
    const line = lines.get(origin) ?? new RequestQueue(perOrigin)
    lines.set(origin, line)
    return line.join(begin)
  }
}
