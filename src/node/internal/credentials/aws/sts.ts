/** AWS's client of STS, in a separate chunk. */
export { getDefaultRoleAssumer } from "@aws-sdk/nested-clients/sts"
