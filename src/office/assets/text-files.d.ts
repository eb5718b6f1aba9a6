/** Files that go into the program as text: the build and the tests read them, TypeScript only has to know. */
declare module '*?raw' {
  const text: string;
  export default text;
}
