import { emulatedS3Store, emulatorStore } from "./support/emulatedStores.ts"
import { objectStoreLaws } from "./support/objectStoreLaws.ts"

objectStoreLaws(emulatorStore)
objectStoreLaws(emulatedS3Store)
