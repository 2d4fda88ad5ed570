package main

import "portcullis/catalogue"

type catalogueCommand struct{}

func (catalogueCommand) Help() string {
	return "Save it, add your organisations and rules to it, and give it to `portcullis check --world`."
}

func (catalogueCommand) Run(env *environment) error {
	_, err := env.out.Write(catalogue.World())
	return err
}
