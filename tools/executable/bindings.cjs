/**
 * Stands in for the npm package "bindings", by which better-sqlite3 looks for its native module on the disk: in the
 * single executable there is nothing to look for.
 */
'use strict';

const { loadNativeModule } = require('./native-module.ts');

module.exports = loadNativeModule;
