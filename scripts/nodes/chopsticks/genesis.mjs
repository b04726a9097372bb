// Writes spec.json: Rococo Asset Hub's own genesis, the one of its kind that comes with its code.
import { writeFileSync } from 'node:fs'
import { chainSpec } from '@substrate/connect-known-chains/rococo_v2_2_asset_hub'

writeFileSync('spec.json', chainSpec)
