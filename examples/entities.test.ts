import { assert, it } from "@effect/vitest"
import { entitiesOf } from "./entities.ts"
import { readDoc } from "./language.ts"

const sentences: ReadonlyArray<readonly [sentence: string, entities: string]> = [
  ["The soup was cold, but Anna from Lisbon smiled all evening.", "name Anna, name Lisbon, time evening"],
  ["The export on 3 May 2026 failed; ask support@acme.com.", "date 3 May 2026, e-mail support@acme.com"],
  ["Dr. Smith flew to New York on Monday for $1,200.", "name Dr. Smith, name New York, date Monday, money $1,200"],
  ["My order #4521 arrived two days late and the box was broken.", "duration two days"],
  ["Thanks to Maria, we left Berlin at 10:30 am.", "name Maria, name Berlin, time 10:30 am"],
  ["The Bank of England raised rates by 0.25%.", "name Bank of England, percentage 0.25%"],
  ["Great service! I will come back with Peter O'Neill.", "name Peter O'Neill"],
  ["Why does the app crash every time I open it?", ""],
  ["Microsoft bought GitHub in 2018.", "name Microsoft, name GitHub, date 2018"],
  ["Call me at +1 555 123 4567.", ""],
  ["See https://effect.website/docs for details.", "URL https://effect.website/docs"],
  ["Amazon SageMaker costs €0.12 in Frankfurt.", "name Amazon SageMaker, money €0.12, name Frankfurt"],
  ["My sister Élise lives in São Paulo and hates Mondays.", "name Élise, name São Paulo"],
  ["the food was awful and the waiter was rude", ""],
  ["I'm so happy with my new phone!", ""],
  ["Yesterday the CEO of Acme Corp. resigned.", "date Yesterday, name Acme Corp."],
  ["HELLO WORLD THIS IS GREAT", ""],
  ["@effect_ts is awesome #typescript", "mention @effect_ts, hashtag #typescript"],
  ["Service was slow but Tom saved the day.", "name Tom"],
  ["Visit Paris in May!", "name Paris, date May"],
  ["Anna smiled. Lisbon is beautiful.", "name Anna, name Lisbon"],
  ["New York is big and Big Ben is loud.", "name New York, name Big Ben"],
  ["Delivery took 3 weeks and cost 15 €.", "duration 3 weeks, money 15 €"],
  ["I speak French and German.", ""],
  ["The American tourist called Mr. Tanaka of Toyota.", "name Mr. Tanaka, name Toyota"],
  ["Jean-Luc Picard ordered Earl Grey tea.", "name Jean-Luc Picard, name Earl Grey"],
  ["Prices went up since 2021, says Eurostat.", "name Eurostat"]
]

it.for(sentences)("finds the entities of: %s", ([sentence, expected]) => {
  const found = entitiesOf(readDoc(sentence)).map(({ type, value }) => `${type} ${value}`)
  assert.strictEqual(found.join(", "), expected)
})
