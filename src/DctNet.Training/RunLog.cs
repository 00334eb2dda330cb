namespace DctNet.Training;

/// <summary>Lines to the console and to <c>training.log</c> in the work folder.</summary>
internal sealed class RunLog(string workFolder, TimeProvider clock)
{
    private readonly string _path = Path.Combine(Directory.CreateDirectory(workFolder).FullName, "training.log");

    public void Write(string line)
    {
        var stamped = $"{clock.GetUtcNow():yyyy-MM-dd HH:mm:ss} {line}";
        Console.WriteLine(stamped);
        File.AppendAllText(_path, stamped + Environment.NewLine);
    }
}
