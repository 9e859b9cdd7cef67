const repeat = async (count, concurrency, run) => {
  let left = count
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, async () => {
    while (left-- > 0) {
      await run()
    }
  }))
}

/** A benchmark client for a promise-based library: `concurrency` loops with one call each. */
export const promises = ({ close, invoke, stream }) => ({
  close,
  calls: (count, concurrency, body, onDone) =>
    repeat(count, concurrency, async () => {
      const start = performance.now()
      const { byteLength } = await invoke(body)
      onDone(performance.now() - start)
      if (byteLength !== 200) {
        throw new Error("unexpected response body")
      }
    }),
  streams: (count, concurrency, endpoint, part) => repeat(count, concurrency, () => stream(endpoint, part))
})
