// Unpacks a model from the scripts that nsfwjs ships it in, or asks it in its own runtime. Called by models.py:
//   node nsfwjs.mjs unpack FOLDER MODEL.js SHARD.js…    writes model.json and weights.bin
//   node nsfwjs.mjs ask FOLDER PICTURES SIDE            prints the classes of float32 [N, SIDE, SIDE, 3] as JSON;
//                                                       run where npm has installed @tensorflow/tfjs
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.cwd(), 'here.js'))
const [wish, folder, ...said] = process.argv.slice(2)
const description = path.join(folder, 'model.json')
const stored = path.join(folder, 'weights.bin')

if (wish === 'unpack') {
  const [model, ...shards] = said.map((file) => require(path.resolve(file)))
  fs.writeFileSync(description, JSON.stringify(model))
  fs.writeFileSync(stored, Buffer.concat(shards.map((shard) => Buffer.from(shard, 'base64'))))
} else {
  const tf = require('@tensorflow/tfjs')
  const model = JSON.parse(fs.readFileSync(description, 'utf8'))
  const bytesOf = (file) => new Uint8Array(fs.readFileSync(file)).buffer
  const network = await tf.loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      format: model.format,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: bytesOf(stored),
    }),
  })
  const [pictures, side] = [new Float32Array(bytesOf(said[0])), Number(said[1])]
  const classes = network.predict(tf.tensor(pictures, [pictures.length / (side * side * 3), side, side, 3]))
  fs.writeFileSync(1, JSON.stringify(await classes.array()))
}
