using System.Text.Json;
using DctNet.Cli.Files;
using DctNet.Cli.Tests.Commands;

namespace DctNet.Cli.Tests.Bulk;

/// <summary><c>dctnet cartoonize --recursive</c> and what belongs to it, with the real service inside the process.</summary>
public sealed class TreeTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    private string In => _files["in"];

    private string Out => _files["out"];

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_tree_of_pictures_becomes_a_tree_of_cartoons_with_a_report()
    {
        Add("in/a/x.jpg", 1);
        Add("in/a/x.png", 2);
        Add("in/b/x.JPG", 3);
        Add("in/a-2.jpg", 4);
        _files.Add("in/notes.txt", "no picture");
        _files.Add("in/b/broken.jpg", "no picture either");
        Add("in/out/old.jpg", 5);

        // Twice the same picture is one.
        var result = await Dctnet.RunAsync("cartoonize", In, _files["in/b"], "-o", _files["in/out"], "-r", "--format", "webp", "--report", _files["report"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            ["a-2.webp", "a/x-2.webp", "a/x.webp", "b/x.webp"],
            Made("in/out").Where(path => path.EndsWith(".webp", StringComparison.Ordinal)));
        Assert.Contains("broken.jpg: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("5 of 5, 1 failed, 0 kept", result.Error, StringComparison.Ordinal);
        Assert.Equal(4, result.Lines.Length);
        var report = Report();
        Assert.Equal(5, report.Length);
        var failed = Assert.Single(report, line => line.GetProperty("state").GetString() == "failed");
        Assert.Equal("UNSUPPORTED_FORMAT", failed.GetProperty("error").GetProperty("reason").GetString());
        Assert.All(report.Except([failed]), line => Assert.Matches("^[0-9a-f]{16}$", line.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_run_is_resumed_where_its_directory_lies_now()
    {
        Add("in/0.jpg", 0);
        Add("in/deep/1.jpg", 1);
        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");
        Directory.Move(Out, _files["moved"]);
        Add("in/deep/2.jpg", 2);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", _files["moved"], "-r", "--resume", "--report", _files["report"]);

        Assert.Equal((0, 1), (result.ExitCode, result.Lines.Length));
        Assert.Equal(["done", "kept", "kept"], Report().Select(line => line.GetProperty("state").GetString()!).Order());
        Assert.Equal([".dctnet-run.jsonl", "0.png", "deep/1.png", "deep/2.png"], Made("moved"));
        Assert.False(Directory.Exists(Out));
    }

    [Theory]
    [InlineData("in")]
    [InlineData("")]
    public async Task Nothing_but_results_is_no_input(string output)
    {
        Add("in/0.jpg", 0);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", _files[output], "-r");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("results are no inputs", result.Error, StringComparison.Ordinal);
        File.Delete(_files["in/0.jpg"]);
        Assert.Equal(2, (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r")).ExitCode);
    }

    [Fact]
    public async Task A_tree_without_pictures_is_said_and_leaves_the_run_before_to_be_resumed()
    {
        Add("in/0.jpg", 0);
        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");
        Directory.CreateDirectory(_files["empty"]);

        var result = await Dctnet.RunAsync("cartoonize", _files["empty"], "-o", Out, "-r");

        Assert.Equal((2, $"dctnet: {_files["empty"]}: no pictures in it\n"), (result.ExitCode, result.Error));
        Assert.Contains("1 kept", (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_pictures_that_lie_elsewhere_now_is_not_begun_anew_by_resuming_it()
    {
        Add("in/0.jpg", 0);
        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");
        var report = _files.Add("report", "of the run before");
        Directory.Move(In, _files["moved"]);

        var result = await Dctnet.RunAsync("cartoonize", _files["moved"], "-o", Out, "-r", "--resume", "--report", report);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("leave out --resume", result.Error, StringComparison.Ordinal);
        Assert.Equal("of the run before", File.ReadAllText(report));
        Assert.Equal([".dctnet-run.jsonl", "0.png"], Made("out"));
        Directory.Move(_files["moved"], In);
        Assert.Contains("1 kept", (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_does_not_take_the_place_of_a_picture()
    {
        Add("in/0.jpg", 0);
        var before = File.ReadAllBytes(_files["in/0.jpg"]);
        Directory.CreateSymbolicLink(_files["alias"], In);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--report", _files["alias/0.jpg"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(before, File.ReadAllBytes(_files["in/0.jpg"]));
    }

    [Fact]
    public async Task A_result_without_a_mark_says_so()
    {
        Add("in/small.jpg", 0);
        _files.Add("in/large.jpg", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "portrait.jpg")));
        string[] command = ["cartoonize", In, "-o", Out, "-r", "--max-side", "256", "--report", _files["report"]];

        var result = await Dctnet.RunAsync(command);
        var made = Report();
        await Dctnet.RunAsync([.. command, "--resume"]);

        Assert.Contains("small.png", Assert.Single(result.Lines, line => line.Contains("(not embedded: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.All([made, Report()], report => Assert.Equal(
            [("large.jpg", true), ("small.jpg", false)], report.Select(line => (Path.GetFileName(Input(line)), line.GetProperty("embedded").GetBoolean())).Order()));
        Assert.All(Report(), line => Assert.Equal("kept", line.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_costs_its_pictures_alone()
    {
        Add("in/a/0.jpg", 0);
        Add("in/b/1.jpg", 1);
        var file = _files.Add("out/a", "in the way");

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--report", _files["report"]);

        Assert.Equal((1, 1), (result.ExitCode, result.Lines.Length));
        Assert.Contains($"dctnet: {_files["in/a/0.jpg"]}: ", result.Error, StringComparison.Ordinal);
        Assert.Equal(["failed", "done"], Report().Select(line => line.GetProperty("state").GetString()));
        File.Delete(file);
        Assert.Equal(0, (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume")).ExitCode);
        Assert.Equal([".dctnet-run.jsonl", "a/0.png", "b/1.png"], Made("out"));
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_leaves_the_run_before_to_be_resumed()
    {
        Add("in/0.jpg", 0);
        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");

        var report = _files.Add("report", "of the run before");
        Assert.NotEqual(0, (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--report", _files["nowhere/report"])).ExitCode);
        Assert.NotEqual(0, (await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume", "--format", "jpeg", "--report", report)).ExitCode);
        Assert.Equal("of the run before", File.ReadAllText(report));

        Assert.Empty((await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume")).Lines);
    }

    [Fact]
    public async Task Resuming_makes_what_is_missing_or_has_changed_and_keeps_the_rest()
    {
        for (var i = 0; i < 4; i++)
        {
            Add($"in/{i}.jpg", i);
        }

        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--report", _files["report"]);
        var before = Report().ToDictionary(Input, Id);
        File.Delete(Path.Combine(Out, "1.png"));
        Add("in/2.jpg", 20);
        Add("in/0.png", 30);
        _files.Add("out/.3.png.0123456789abcdef0123456789abcdef.part", "of a run that was killed");
        File.AppendAllText(Path.Combine(Out, BulkJournal.FileName), """{"input":"/half a li""");

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume", "--report", _files["report"]);

        Assert.Equal((0, 3), (result.ExitCode, result.Lines.Length));
        var after = Report();
        Assert.Equal(
            ["0.jpg kept", "0.png done", "1.jpg done", "2.jpg done", "3.jpg kept"],
            after.Select(line => $"{Path.GetFileName(Input(line))} {line.GetProperty("state").GetString()}").Order());
        var ids = after.ToDictionary(Input, Id);
        Assert.Equal(before[Path.Combine(In, "1.jpg")], ids[Path.Combine(In, "1.jpg")]);
        Assert.NotEqual(before[Path.Combine(In, "2.jpg")], ids[Path.Combine(In, "2.jpg")]);
        Assert.Equal([".dctnet-run.jsonl", "0-2.png", "0.png", "1.png", "2.png", "3.png"], Made("out"));
    }

    [Fact]
    public async Task Parts_of_others_and_what_links_lead_to_stay()
    {
        const string Part = ".3.png.0123456789abcdef0123456789abcdef.part";
        Add("in/0.jpg", 0);
        _files.Add("out/a/" + Part, "of a run that was killed");
        _files.Add("out/.film.mkv.part", "of another program");
        _files.Add("elsewhere/" + Part, "of another directory");
        Directory.CreateSymbolicLink(Path.Combine(Out, "link"), _files["elsewhere"]);
        const string Busy = ".fedcba9876543210fedcba9876543210.part";
        _files.Add("out/a/.0123456789abcdef0123456789abcdef.part", "of a run that was killed");
        _files.Add("out/a/" + Busy, "of a command that runs");
        using var busy = new FileStream(_files["out/a/" + Busy], FileMode.Open, FileAccess.ReadWrite, FileShare.Delete);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal([".dctnet-run.jsonl", ".film.mkv.part", "0.png", "a/" + Busy, "link/" + Part], Made("out"));
    }

    [Fact]
    public async Task Another_style_is_another_run()
    {
        Add("in/0.jpg", 0);
        await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--resume", "--style", "sketch");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("other options", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_do_not_share_an_output_directory()
    {
        Add("in/0.jpg", 0);
        Directory.CreateDirectory(Out);
        using var other = BulkJournal.Open(Out, new V1.CartoonizeOptions(), resume: false);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r");

        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task An_unknown_style_is_a_usage_error()
    {
        Add("in/0.jpg", 0);

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--style", "cubism");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("UNKNOWN_STYLE", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_run_can_be_gone_on_from()
    {
        // So many that it is not through before it is interrupted, however late that comes.
        const int Count = 200;
        for (var i = 0; i < Count; i++)
        {
            Add($"in/{i}.jpg", i, side: 200);
        }

        using (var process = DctnetProcess.Start("cartoonize", In, "-o", Out, "-r", "--format", "jpeg"))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(15));
            while (!Directory.Exists(Out) || Directory.GetFiles(Out, "*.jpg").Length < 3)
            {
                await Task.Delay(10, limit.Token);
            }

            await process.InterruptAsync(limit.Token);
            var interrupted = await process.WaitAsync(limit.Token);
            Assert.Equal(130, interrupted.ExitCode);
            Assert.Contains($" of {Count}; the same command with --resume does the rest\n", interrupted.Error, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(Out, "*.part"));
        var made = Directory.GetFiles(Out, "*.jpg").Length;
        var left = Enumerable.Range(0, Count).Select(i => $"{i}.jpg").Where(name => !File.Exists(Path.Combine(Out, name))).ToArray();
        foreach (var name in left[3..])
        {
            File.Delete(Path.Combine(In, name));
        }

        var result = await Dctnet.RunAsync("cartoonize", In, "-o", Out, "-r", "--format", "jpeg", "--resume", "--report", _files["report"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(made + 3, Directory.GetFiles(Out, "*.jpg").Length);
        Assert.InRange(Report().Count(line => line.GetProperty("state").GetString() == "kept"), 1, made);
    }

    private static string Input(JsonElement line) => line.GetProperty("input").GetString()!;

    private static string Id(JsonElement line) => line.GetProperty("id").GetString()!;

    private void Add(string path, int seed, int side = 32) => _files.Add(path, Pictures.Gradient(seed, side));

    private string[] Made(string directory) =>
        [.. Directory.GetFiles(_files[directory], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_files[directory], path))
            .Where(path => path != "old.jpg").Order(StringComparer.Ordinal)];

    private JsonElement[] Report() => [.. File.ReadLines(_files["report"]).Select(line => JsonDocument.Parse(line).RootElement)];
}
