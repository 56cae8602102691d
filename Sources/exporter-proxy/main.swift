import ExporterProxy

await runProgram()
