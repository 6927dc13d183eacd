import { execFileSync } from 'node:child_process';

import { buildGoProgram } from './build-go-program.ts';

/** Files of engines are checked by code of their own projects: workflows by actionlint, objects by the types of Kubernetes. */
const main = `package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/rhysd/actionlint"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	names "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	for _, found := range check(os.Args[1], text) {
		fmt.Println(found)
	}
}

func check(engine string, text []byte) []string {
	if engine == "github" {
		return checkWorkflow(text)
	}
	found := []string{}
	for _, document := range bytes.Split(text, []byte("\\n---\\n")) {
		found = append(found, checkObject(document)...)
	}
	return found
}

func checkWorkflow(text []byte) []string {
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		panic(err)
	}
	mistakes, err := linter.Lint("fleet.yaml", text, nil)
	if err != nil {
		panic(err)
	}
	found := []string{}
	for _, mistake := range mistakes {
		found = append(found, mistake.Error())
	}
	return found
}

func checkObject(document []byte) []string {
	var kind meta.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return []string{err.Error()}
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 ConfigMap":
		object := core.ConfigMap{}
		return append(strict(document, &object), checkMeta(object.ObjectMeta)...)
	case "v1 PersistentVolumeClaim":
		object := core.PersistentVolumeClaim{}
		return append(strict(document, &object), checkMeta(object.ObjectMeta)...)
	case "batch/v1 Job":
		object := batch.Job{}
		found := append(strict(document, &object), checkMeta(object.ObjectMeta)...)
		found = append(found, checkMeta(object.Spec.Template.ObjectMeta)...)
		// The name becomes a label of pods.
		found = append(found, names.IsDNS1123Label(object.Name)...)
		return append(found, checkPod(object.Spec.Template.Spec)...)
	}
	return []string{"not known here: " + kind.APIVersion + " " + kind.Kind}
}

func strict(document []byte, object any) []string {
	if err := yaml.UnmarshalStrict(document, object, yaml.DisallowUnknownFields); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func checkMeta(object meta.ObjectMeta) []string {
	found := []string{}
	if object.Name != "" {
		found = append(found, names.IsDNS1123Subdomain(object.Name)...)
	}
	for _, mistake := range validation.ValidateLabels(object.Labels, field.NewPath("labels")) {
		found = append(found, mistake.Error())
	}
	return found
}

func checkPod(pod core.PodSpec) []string {
	found, volumes := []string{}, map[string]bool{}
	for _, volume := range pod.Volumes {
		found = append(found, names.IsDNS1123Label(volume.Name)...)
		volumes[volume.Name] = true
	}
	for _, container := range pod.Containers {
		paths := map[string]bool{}
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] || paths[mount.MountPath] {
				found = append(found, "mount of "+mount.Name+" at "+mount.MountPath)
			}
			paths[mount.MountPath] = true
		}
	}
	return found
}
`;

const module = `module checks
go 1.25
require (
	github.com/rhysd/actionlint v1.7.12
	k8s.io/api v0.37.2
	k8s.io/apimachinery v0.37.2
	sigs.k8s.io/yaml v1.6.0
)
`;

/**
 * What actionlint finds in a workflow of GitHub, or the types of Kubernetes in a stream of objects: unknown fields, values of the wrong type, names that
 * cannot be. Empty when all is well.
 *
 * @throws Error with what Go said
 */
export function emittedMistakes(engine: 'github' | 'kubernetes', text: string): readonly string[] {
  const found = execFileSync(emittedChecks(), [engine], { input: text, encoding: 'utf8' });
  return found.split('\n').filter((line) => line !== '');
}

/** The path of the Go program, which is built once, with the modules from Go's proxy. */
export function emittedChecks(): string {
  return buildGoProgram({ files: { 'main.go': main, 'go.mod': module } });
}
