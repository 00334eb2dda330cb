namespace DctNet.ModelTools.Tests;

/// <summary>DESIGN.md's table of projects.</summary>
public sealed class ProjectTests
{
    [Fact]
    public void Model_tools_see_Core_and_nothing_else_of_ours() => Assert.Equal(
        ["DctNet.Core"],
        typeof(ModelImporter).Assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("DctNet.", StringComparison.Ordinal)));
}
