const loops = async (count, concurrency, once) => {
  let left = count
  await Promise.all(Array.from({ length: Math.min(count, concurrency) }, async () => {
    while (left-- > 0) {
      await once()
    }
  }))
}

/** Calls of a client of promises: so many loops, each with one call under way. */
export const promises = ({ close, invoke, stream }) => ({
  close,
  calls: (count, concurrency, body, took) =>
    loops(count, concurrency, async () => {
      const start = performance.now()
      const { byteLength } = await invoke(body)
      took(performance.now() - start)
      if (byteLength !== 200) {
        throw new Error("That is not the answer")
      }
    }),
  streams: (count, concurrency, endpoint, part) => loops(count, concurrency, () => stream(endpoint, part))
})
