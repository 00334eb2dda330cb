using DctNet.Training;

if (args.Length == 0 || args[0] is not ("prepare" or "train" or "export" or "sheet"))
{
    Console.Error.WriteLine("usage: prepare|train|export|sheet --work FOLDER [--photos FOLDER]... [--teacher FOLDER] [options]; see README.md");
    return 2;
}

var options = TrainingOptions.Parse(args.AsSpan(1));
var log = new RunLog(options.WorkFolder, TimeProvider.System);
switch (args[0])
{
    case "prepare":
        new PrepareCommand(options, log).Run();
        break;
    case "train":
        LibTorchLoader.Prepare();
        new Trainer(options, log).Run();
        break;
    case "export":
        LibTorchLoader.Prepare();
        new ExportCommand(options, log).Run();
        break;
    case "sheet":
        new SheetCommand(options).Run();
        break;
}

return 0;
