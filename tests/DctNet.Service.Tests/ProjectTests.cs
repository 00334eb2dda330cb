using System.Reflection;
using DctNet.C2pa;
using DctNet.Client;
using DctNet.Core.Imaging;
using DctNet.Service.Hosting;
using DctNet.V1;

namespace DctNet.Service.Tests;

/// <summary>Which project may look at which: DESIGN.md's table, held by a test.</summary>
public sealed class ProjectTests
{
    public static TheoryData<Type, string[]> Projects => new()
    {
        { typeof(CartoonService), [] },
        { typeof(ManifestWriter), [] },
        { typeof(PixelBuffer), ["DctNet.C2pa"] },
        { typeof(DctNetClient), ["DctNet.Contracts"] },
        { typeof(DctNetService), ["DctNet.C2pa", "DctNet.Contracts", "DctNet.Core"] },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_sees_only_the_projects_it_may(Type type, string[] visible)
    {
        var seen = type.Assembly.GetReferencedAssemblies().Select(Name).Where(name => name.StartsWith("DctNet.", StringComparison.Ordinal));
        Assert.Equal(visible, seen.Order());
    }

    private static string Name(AssemblyName assembly) => assembly.Name!;
}
