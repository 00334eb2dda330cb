using DctNet.Cli.Tests.Servers;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Cli.Tests.Commands;

public sealed class CartoonizeCommandTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    private string Out => _files["out"];

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Results_do_not_overwrite_each_other()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        string[] inputs = [_files.Add("a/x.jpg", "first"), _files.Add("b/x.png", "second"), _files.Add("c/x.webp", "third")];

        var result = await Dctnet.RunAsync(["cartoonize", .. inputs, "-o", Out, "--parallel", "3", "--server", server.Address.ToString()]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(
            new Dictionary<string, string> { ["x.png"] = "first", ["x-2.png"] = "second", ["x-3.png"] = "third" }, _files.Files("out"));
        Assert.Equal(3, result.Lines.Length);
        var expected = $"{inputs[1]} -> {Out}/x-2.png  1024x768  toon  id 0123456789abcdef  ";
        Assert.Contains(result.Lines, l => l.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_run_replaces_the_results_of_the_first()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        var input = _files.Add("x.jpg", "new");
        _files.Add("out/x.png", "something old and longer");

        var result = await Dctnet.RunAsync("cartoonize", input, "-o", Out, "--server", server.Address.ToString());

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(new Dictionary<string, string> { ["x.png"] = "new" }, _files.Files("out"));
    }

    [Fact]
    public async Task An_input_in_the_output_directory_stays()
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.Answer(Behaviours.Header([1, 2, 3]), Behaviours.Chunk([1, 2, 3])));
        var input = _files.Add("out/x.png", "photo");

        var result = await Dctnet.RunAsync("cartoonize", input, "-o", Out, "--server", server.Address.ToString());

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(new Dictionary<string, string> { ["x.png"] = "photo", ["x-2.png"] = "\u0001\u0002\u0003" }, _files.Files("out"));
    }

    [Fact]
    public async Task Failed_inputs_leave_nothing_and_do_not_stop_the_others()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.EchoUnlessBad);
        var good = _files.Add("good.jpg", "good");
        _files.Add("d/x.jpg", "");
        string[] inputs = [_files["missing.jpg"], _files.Add("bad.heic", "bad UNSUPPORTED_FORMAT"), _files["d"], good];
        _files.Add("out/bad.png", "earlier");

        var result = await Dctnet.RunAsync(["cartoonize", .. inputs, "-o", Out, "--server", server.Address.ToString()]);

        Assert.Equal(1, result.ExitCode);
        Assert.Single(result.Lines);
        Assert.Contains($"dctnet: {inputs[0]}: no such file", result.Error, StringComparison.Ordinal);
        Assert.Contains($"dctnet: {inputs[1]}: the picture is bad (UNSUPPORTED_FORMAT)", result.Error, StringComparison.Ordinal);
        Assert.Contains($"dctnet: {inputs[2]}: is a directory", result.Error, StringComparison.Ordinal);
        Assert.Equal(new Dictionary<string, string> { ["bad.png"] = "earlier", ["good.png"] = "good" }, _files.Files("out"));
    }

    [Fact]
    public async Task A_style_that_the_server_does_not_have_stops_the_whole_list()
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.FailAfter(0, Behaviours.Refusal("UNKNOWN_STYLE", "no style \"x\"")));
        string[] inputs = [.. Enumerable.Range(0, 20).Select(i => _files.Add($"{i}.jpg", "photo"))];

        var result = await Dctnet.RunAsync(
            ["cartoonize", .. inputs, "-o", Out, "--style", "x", "--parallel", "1", "--server", server.Address.ToString()]);

        Assert.Equal((2, "dctnet: no style \"x\" (UNKNOWN_STYLE)\n"), (result.ExitCode, result.Error));
        Assert.Single(server.Calls.Headers);
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_with_3()
    {
        var result = await Dctnet.RunAsync("cartoonize", _files.Add("x.jpg", "photo"), "-o", Out, "--server", "http://127.0.0.1:1");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("refused", result.Error, StringComparison.Ordinal);
        Assert.Empty(_files.Files("out"));
    }

    [Fact]
    public async Task Options_reach_the_server()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        var input = _files.Add("x.jpg", "photo");

        var result = await Dctnet.RunAsync(
            "cartoonize", input, "-o", Out, "--style", "a:0.5,b:0.5", "--format", "jpeg", "--quality", "81", "--max-side", "640",
            "--strength", "0.25",
            "--server", server.Address.ToString());

        Assert.Equal(0, result.ExitCode);
        Assert.True(File.Exists(_files["out/x.jpg"]));
        var options = Assert.Single(server.Calls.Headers).Options;
        Assert.Equal(new CartoonizeOptions { Style = "a:0.5,b:0.5", Format = ImageFormat.Jpeg, Quality = 81, MaxSide = 640, Strength = 0.25f }, options);
    }

    [Fact]
    public async Task A_result_without_a_mark_says_so()
    {
        var small = Behaviours.Header([1]);
        small.Header.Watermark.Embedded = false;
        await using var server = await ScriptedServer.StartAsync(Behaviours.Answer(small, Behaviours.Chunk([1])));

        var result = await Dctnet.RunAsync("cartoonize", _files.Add("x.jpg", "photo"), "-o", Out, "--server", server.Address.ToString());

        Assert.Contains("not embedded", Assert.Single(result.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_may_be_as_long_as_names_can_be()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        var name = new string('x', 251);

        var result = await Dctnet.RunAsync("cartoonize", _files.Add(name + ".jpg", "photo"), "-o", Out, "--server", server.Address.ToString());

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(new Dictionary<string, string> { [name + ".png"] = "photo" }, _files.Files("out"));
    }

    [Fact]
    public async Task A_server_that_is_overloaded_for_a_while_is_waited_for()
    {
        // One more than UNAVAILABLE may be.
        var overloaded = Behaviours.Overloaded(TimeSpan.Zero);
        await using var server = await ScriptedServer.StartAsync(overloaded, overloaded, overloaded, overloaded, Behaviours.Echo);

        var result = await Dctnet.RunAsync("cartoonize", _files.Add("x.jpg", "photo"), "-o", Out, "--server", server.Address.ToString());

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(5, server.Calls.Headers.Count);
    }

    [Fact]
    public async Task An_output_directory_that_cannot_be_made_ends_with_3()
    {
        var file = _files.Add("file", "");

        var result = await Dctnet.RunAsync("cartoonize", _files.Add("x.jpg", "photo"), "-o", Path.Combine(file, "out"));

        Assert.Equal(3, result.ExitCode);
        Assert.NotEmpty(result.Error);
    }

    [Fact]
    public async Task One_file_that_fails_in_the_server_does_not_stop_the_list()
    {
        await using var server = await ScriptedServer.StartAsync(
            Behaviours.FailAfter(0, new RpcException(new Status(StatusCode.Internal, "oops"))), Behaviours.Echo);

        var result = await Dctnet.RunAsync(
            "cartoonize", _files.Add("1.jpg", "one"), _files.Add("2.jpg", "two"), "-o", Out, "--parallel", "1",
            "--server", server.Address.ToString());

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("1.jpg: oops (Internal)", result.Error, StringComparison.Ordinal);
        Assert.Equal(new Dictionary<string, string> { ["2.png"] = "two" }, _files.Files("out"));
    }
}
