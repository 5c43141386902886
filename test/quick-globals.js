import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's environment of Node with an ordinary global object. Jest makes it from a proxy, so that every `Object`, `JSON` or
 * `BigInt` in a test or in what is tested asks that proxy, which makes the rules three times as slow as they are in the service.
 */
export default class QuickGlobals extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}
