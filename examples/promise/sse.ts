export async function* events(texts: AsyncIterable<string>) {
  try {
    for await (const text of texts) {
      yield `data: ${JSON.stringify(text)}\n\n`
    }
    yield "event: done\ndata:\n\n"
  } catch (error) {
    yield `event: error\ndata: ${error instanceof Error ? error.name : "Error"}\n\n`
  }
}
