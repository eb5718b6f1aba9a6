/** In place of pg-native, libpq for pg: never used, since pg speaks to PostgreSQL by itself, and only looks for it when asked for `native`. */
throw Object.assign(new Error('pg-native is not part of ferryman'), { code: 'MODULE_NOT_FOUND' });
