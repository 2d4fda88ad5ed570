// Package search finds the products and suppliers of a world by what people call them: a name, a former name,
// an identifier, a maker. Neither case, accents nor punctuation matter, words may be cut short, and a word of five
// letters or more may have one slip in it.
//
// It is pure: an Index is made from a policy.World, is never changed, and may be asked by many at once. The same
// world and the same question give the same answer in the same order. It decides nothing: what was found is for
// a person to choose from.
//
// # The order of what is found
//
// What is called just so comes first, then what has just that identifier, then what was once called so; after
// them what begins so, what has the words in its name, in its name and its maker's, in a former name, in an
// identifier; then what the maker of that name makes, and last what is nearly called so. Things of one class
// stand in the order of their names, products before suppliers of the same name.
package search
