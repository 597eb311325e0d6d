import { x } from '@gennaker/kernel';
console.log('x', x);
