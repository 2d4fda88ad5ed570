// M does nothing.
package main

func main() {}
