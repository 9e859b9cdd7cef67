import { type Reading, score } from "./score.ts"

export const handler = async (event: Reading) => ({ score: await score(event) })
