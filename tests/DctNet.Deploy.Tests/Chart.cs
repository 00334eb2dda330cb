using System.Diagnostics;
using k8s;
using k8s.Models;

namespace DctNet.Deploy.Tests;

/// <summary>The chart as Helm renders it and as Kubernetes would read it: every field known and of its type.</summary>
internal sealed class Chart
{
    private readonly IReadOnlyList<object> _manifests;

    private Chart(IReadOnlyList<object> manifests) => _manifests = manifests;

    public V1Deployment Deployment => One<V1Deployment>();

    public V1PodSpec Pod => Deployment.Spec.Template.Spec;

    public V1Container Container => Assert.Single(Pod.Containers);

    public IEnumerable<T> All<T>() => _manifests.OfType<T>();

    public T One<T>() => Assert.Single(All<T>());

    public string? Env(string name) => Container.Env.SingleOrDefault(variable => variable.Name == name)?.Value;

    /// <summary>Renders the chart. Skips the test when Helm is absent, unless DCTNET_REQUIRE_TOOLS is 1.</summary>
    /// <param name="values">Null: the chart's defaults; else the start of a <c>ci/*-values.yaml</c> name.</param>
    /// <param name="sets"><c>--set</c> arguments.</param>
    public static Chart Render(string? values = null, params string[] sets)
    {
        var root = Root();
        var helm = Path.Combine(root, "tests", "tools", ".bin", "helm4", "helm");
        if (!File.Exists(helm))
        {
            const string Message = "Helm is not installed: run tests/tools/install.sh";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1", Message);
            Assert.Fail(Message);
        }

        var chart = Path.Combine(root, "helm", "dctnet");
        var start = new ProcessStartInfo(helm, ["template", "release", chart, "--namespace", "pictures"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (values is not null)
        {
            start.ArgumentList.Add("--values");
            start.ArgumentList.Add(Path.Combine(chart, "ci", values + "-values.yaml"));
        }

        foreach (var set in sets)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(set);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var yaml = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.GetAwaiter().GetResult());
        return new Chart(KubernetesYaml.LoadAllFromString(yaml, strict: true));
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("No DctNet.Grpc.sln above " + AppContext.BaseDirectory);
        }

        return directory.FullName;
    }
}
