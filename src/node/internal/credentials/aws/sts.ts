/** AWS's client of STS, in a chunk of its own. */
export { getDefaultRoleAssumer } from "@aws-sdk/nested-clients/sts"
