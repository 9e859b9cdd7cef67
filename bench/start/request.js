/** The request of the programs: 1 KiB. */
export { credentials, region } from "../clients/settings.js"

export const url = process.env.BENCH_URL
export const path = "/endpoints/bench/invocations"
export const headers = { "content-type": "application/octet-stream" }
export const body = new Uint8Array(1024).fill(98)
export const input = { EndpointName: "bench", ContentType: "application/octet-stream", Body: body }
