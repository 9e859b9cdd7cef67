/** Fails if this client is much slower relative to other clients than its limits allow: `npm run check:speed`. */
import { inTurn, withClients, withServer } from "./processes.js"
import { ratio } from "./statistics.js"

const mebibyte = 1024 * 1024

/** Limits of the ratio to another client: about twice the measured ratio, because a shared machine is noisy. */
const limits = [
  { work: "calls", peer: "aws-sdk-v3", limit: 0.5, options: { bytes: 1024, concurrency: 32, count: 1_500 } },
  { work: "calls", peer: "undici", limit: 4.5, options: { bytes: 1024, concurrency: 32, count: 1_500 } },
  { work: "calls", peer: "undici", limit: 2, options: { bytes: 25 * mebibyte, concurrency: 1, count: 3 } },
  { work: "parts", peer: "aws-sdk-v3", limit: 0.3, options: { parts: 20_000, size: 64, streams: 3 } },
  { work: "parts", peer: "aws-sdk-v3", limit: 2, options: { parts: 1_000, size: 16 * 1024, streams: 4 } }
]

const exceeded = await withServer((url) =>
  withClients(url, ["ours", "undici", "aws-sdk-v3"], async (clients) => {
    const failures = []
    for (const { limit, options, peer, work } of limits) {
      const pair = clients.filter(({ module }) => module === "ours" || module === peer)
      await inTurn(pair, 3, work, () => options)
      const rounds = await inTurn(pair, 5, work, () => options)
      const cpu = (client) => rounds[client].map((round) => round.cpu)
      const { median } = ratio(cpu("ours"), cpu(peer))
      const line = `CPU of ${work} ${JSON.stringify(options)}: ratio to ${peer} is ${median.toFixed(2)}, limit ${limit}`
      console.log(line)
      if (median > limit) {
        failures.push(line)
      }
    }
    return failures
  })
)

if (exceeded.length > 0) {
  throw new Error(`The ratio exceeds its limit:\n${exceeded.join("\n")}`)
}
