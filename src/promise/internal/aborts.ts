/** Listeners of abort signals. A signal has one listener for all calls: Node warns about more than 10. */

interface Group {
  readonly listeners: Set<() => void>
  readonly abort: () => void
}

const groups = /*#__PURE__*/ new WeakMap<AbortSignal, Group>()

const makeGroup = (): Group => {
  const listeners = new Set<() => void>()
  return { listeners, abort: () => [...listeners].forEach((listener) => listener()) }
}

/** Calls a function when a signal aborts. Returns the function that ends this. */
export const onAbort = (signal: AbortSignal, listener: () => void): () => void => {
  const group = groups.get(signal) ?? makeGroup()
  if (group.listeners.size === 0) {
    groups.set(signal, group)
    signal.addEventListener("abort", group.abort)
  }
  group.listeners.add(listener)
  return () => {
    if (group.listeners.delete(listener) && group.listeners.size === 0) {
      groups.delete(signal)
      signal.removeEventListener("abort", group.abort)
    }
  }
}
