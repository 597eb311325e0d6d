export { badCursor, decodeCursor, encodeCursor, linkNext, type Page, pageOf } from '@gennaker/http';
