import { x } from '#customer';
console.log(x);
